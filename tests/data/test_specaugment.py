import numpy as np
import torch

from unweave.data.specaugment import STRIPES, WIDEST_BAND, WIDEST_TIME, draw_stripes, hide_stripes


def test_stripes_lie_within_the_spectrogram_and_are_no_wider_than_said():
    drawn = torch.stack([draw_stripes(np.random.default_rng(i)) for i in range(200)])
    assert drawn.shape == (200, 2, STRIPES, 2)
    begin, width = drawn.unbind(3)
    assert (begin >= 0).all() and (begin + width <= 1 + 1e-6).all()
    assert (width[:, 0] <= WIDEST_TIME).all() and (width[:, 1] <= WIDEST_BAND).all()
    # They use the room they have.
    assert width[:, 0].max() > 0.9 * WIDEST_TIME and begin.min() < 0.05 and (begin + width).max() > 0.95


def test_the_same_numbers_give_the_same_stripes():
    one, two = (draw_stripes(np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(one, two)


def test_what_is_covered_is_the_mean_and_the_rest_stays():
    mel = torch.randn(2, 100, 64, generator=torch.Generator().manual_seed(0))
    none = [0.0, 0.0]
    stripes = torch.tensor([[[[0.1, 0.2], none], [[0.5, 0.25], none]], [[none, none], [none, none]]])
    hidden = hide_stripes(mel, stripes)
    assert torch.equal(hidden[1], mel[1])
    where = torch.zeros(100, 64, dtype=torch.bool)
    where[10:30] = True
    where[:, 32:48] = True
    assert torch.equal(hidden[0][~where], mel[0][~where])
    assert torch.allclose(hidden[0][where], mel[0].mean())

import numpy as np
import torch

from unweave.data.mixup import draw_ratio, mix


def test_as_many_are_mixed_as_asked_for_and_the_first_is_the_louder():
    ratios = np.array([draw_ratio(np.random.default_rng(i), 0.5) for i in range(1000)])
    assert 0.45 < (ratios < 1).mean() < 0.55
    mixed = ratios[ratios < 1]
    assert mixed.min() >= 0.5
    # Beta(1, 1) is even, so its larger half is too.
    assert abs(mixed.mean() - 0.75) < 0.02


def test_never_and_always():
    rng = np.random.default_rng(0)
    assert {draw_ratio(rng, 0.0) for _ in range(50)} == {1.0}
    assert max(draw_ratio(rng, 1.0) for _ in range(50)) < 1


def test_the_chance_of_one_clip_does_not_change_what_the_next_one_gets():
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    draw_ratio(one, 0.0), draw_ratio(two, 1.0)
    assert one.random() == two.random()


def test_a_mixture_has_its_parts_in_their_ratio():
    first, second = torch.randn(3, 4, 5), torch.randn(3, 4, 5)
    mixed = mix(first, second, torch.tensor([1.0, 0.25, 0.0]))
    assert torch.equal(mixed[0], first[0])
    assert torch.allclose(mixed[1], 0.25 * first[1] + 0.75 * second[1], atol=1e-6)
    assert torch.allclose(mixed[2], second[2], atol=1e-6)

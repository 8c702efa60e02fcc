import pytest
import torch

from unweave.audio.energy import energy
from unweave.data.energies import energies
from unweave.data.mixing import mix
from unweave.errors import UnweaveError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def sources(number, rows=8):
    return torch.randn(rows, number, 100, generator=generator(3)) * torch.arange(1.0, number + 1)[:, None]


@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("how", list(energies))
def test_a_mixture_is_the_sum_of_its_sources_and_the_target_of_the_chosen_ones(number, how):
    made = mix(sources(number), how, None, generator())
    assert torch.allclose(made.mixture, made.sources.sum(1), atol=1e-5)
    for row in range(8):
        assert torch.allclose(made.target[row], made.sources[row][made.chosen[row]].sum(0), atol=1e-5)
    assert ((made.chosen.sum(1) >= 1) & (made.chosen.sum(1) < number)).all()


def test_of_two_sources_the_first_is_the_target():
    given = sources(2)
    made = mix(given, "match", None, generator())
    assert torch.equal(made.target, given[:, 0])
    assert torch.allclose(energy(made.mixture - made.target), energy(made.target), rtol=1e-3)


def test_the_number_of_targets_is_drawn_for_each_row_or_given():
    counts = mix(torch.ones(3000, 4, 1), "none", None, generator()).chosen.sum(1).bincount()
    assert counts[0] == 0 and (counts[1:] > 900).all()  # 1000 expected of each of 1, 2 and 3
    assert (mix(torch.ones(50, 4, 1), "none", 2, generator()).chosen.sum(1) == 2).all()


def test_mixtures_depend_on_the_seed_alone():
    one, two, other = (mix(sources(4), "random", None, generator(seed)).mixture for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_what_cannot_be_mixed_is_said():
    with pytest.raises(UnweaveError, match="at least 2"):
        mix(sources(1), "none", None, generator())
    with pytest.raises(UnweaveError, match="1 to 2"):
        mix(sources(3), "none", 3, generator())

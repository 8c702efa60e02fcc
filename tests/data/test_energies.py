import pytest
import torch

from unweave.audio.energy import energy
from unweave.data.energies import energies
from unweave.errors import UnweaveError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def sources(rows=6, number=3, samples=500):
    loudness = 10 ** (torch.rand(rows, number, 1, generator=generator(1)) * 4 - 4)  # over 80 dB
    return torch.randn(rows, number, samples, generator=generator(2)) * loudness


@pytest.mark.parametrize("number", [2, 3, 4])
def test_matched_sources_have_the_energy_of_the_first(number):
    given = sources(number=number)
    made = energies.build("match")(given, generator())
    assert torch.equal(made[:, 0], given[:, 0])
    assert torch.allclose(energy(made), energy(given[:, :1]).expand(-1, number), rtol=1e-4)


def test_silence_stays_and_changes_nothing_beside_it():
    given = sources()
    given[0, 0] = 0
    given[1, 1] = 0
    made = energies.build("match")(given, generator())
    assert torch.equal(made[0], given[0])
    assert not made[1, 1].any() and torch.allclose(energy(made[1, 2]), energy(given[1, 0]), rtol=1e-4)
    assert made.isfinite().all()


def test_a_limit_bounds_the_factor_and_decibels_part_the_energies():
    given = torch.stack([torch.ones(1, 10), torch.full((1, 10), 1e-6)], 1)
    assert torch.allclose(energies.build("match", limit=100.0)(given, generator())[0, 1], torch.tensor(1e-4))
    given = torch.ones(2000, 2, 1)
    level = 20 * energies.build("match", decibels=5.0)(given, generator())[:, 1].log10()
    assert level.abs().max() <= 5.001 and level.min() < -4.9 and level.max() > 4.9


def test_random_gains_are_within_20_db_and_each_source_has_its_own():
    gains = 20 * energies.build("random")(torch.ones(1000, 2, 1), generator())[..., 0].log10()
    assert gains.abs().max() <= 20.001 and gains.min() < -19 and gains.max() > 19
    assert torch.corrcoef(gains.T)[0, 1].abs() < 0.15
    assert abs(gains.mean()) < 1


def test_none_leaves_them():
    given = sources()
    assert torch.equal(energies.build("none")(given, generator()), given)


def test_what_makes_no_sense_is_said():
    with pytest.raises(UnweaveError, match="dB"):
        energies.build("random", decibels=-1.0)
    with pytest.raises(UnweaveError, match="limit"):
        energies.build("match", limit=0.5)
    with pytest.raises(UnweaveError, match="Did you mean 'match'"):
        energies.build("mach")

import pytest
import torch

from unweave.data.augmentations import augmentations, build_augmentations, low_pass
from unweave.errors import UnweaveError

RATE = 8000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(rows=4, number=2, samples=RATE):
    return torch.randn(rows, number, samples, generator=generator(5))


def above(waves, hertz):
    """Share of the energy above `hertz`, (..., T) -> (...)."""
    power = torch.fft.rfft(waves).abs().square()
    return power[..., int(hertz * waves.shape[-1] / RATE) + 1 :].sum(-1) / power.sum(-1)


@pytest.mark.parametrize("samples", [RATE, RATE - 1, 4001])
def test_a_cutoff_removes_what_lies_above_and_keeps_what_lies_below(samples):
    waves, cutoff = noise(samples=samples), torch.tensor([500.0, 1000.0, 2000.0, 3500.0])
    passed = low_pass(waves, cutoff, RATE)
    assert passed.shape == waves.shape
    for row, hertz in enumerate(cutoff.tolist()):
        assert (above(passed[row], hertz) < 1e-10).all() and (above(waves[row], hertz) > 0.1).all()
        kept = low_pass(waves[row] - passed[row], torch.tensor([0.9 * hertz] * 2), RATE)
        assert kept.square().sum() < 1e-3 * waves[row].square().sum()


def test_all_sources_of_a_mixture_end_at_one_cutoff():
    changed = augmentations.build("band-limit", sample_rate=RATE, probability=1.0, lowest=1000.0)(
        noise(50), generator()
    )
    power = torch.fft.rfft(changed).abs()
    ends = (power > 1e-3 * power.amax(2, keepdim=True)).int().cumsum(2).argmax(2)  # the last bin that holds something
    assert ((ends[:, 0] - ends[:, 1]).abs() < 40).all()
    assert ends.float().std() > 400 and ends.min() > 850


def test_mixtures_are_cut_where_their_narrowest_source_ends():
    bandwidths = torch.tensor([[1000.0, 4000.0], [4000.0, 3000.0], [0.0, 2000.0], [4000.0, 4000.0]])
    cut = augmentations.build("band-limit", sample_rate=RATE, probability=0.0, narrowest=1.0)
    waves = noise()
    changed = cut(waves, generator(), bandwidths)
    for row, hertz in enumerate((1000, 3000, 2000)):
        assert (above(changed[row], hertz) < 1e-10).all()
        assert (above(changed[row], 0.8 * hertz) > 0.05).all()
    assert torch.equal(changed[3], waves[3])


def test_shifts_move_each_source_by_itself_and_keep_or_lose_what_leaves():
    waves = noise(20)
    around = augmentations.build("shift", sample_rate=RATE, seconds=0.1)(waves, generator())
    assert torch.equal(around.sort(2).values, waves.sort(2).values)
    peaks = torch.zeros(300, 2, 2000)
    peaks[:, :, 1000] = 1
    moved = augmentations.build("shift", sample_rate=RATE, seconds=0.1)(peaks, generator()).argmax(2) - 1000
    assert moved.abs().max() <= 800 and moved.min() < -700 and moved.max() > 700
    assert (moved[:, 0] != moved[:, 1]).float().mean() > 0.9
    ones = augmentations.build("shift", sample_rate=RATE, seconds=0.1, circular=False)(
        torch.ones(50, 2, 1000), generator()
    )
    assert set(ones.unique().tolist()) == {0.0, 1.0} and ((ones == 0).sum(2) <= 800).all()


def test_polarity_turns_half_of_the_sources():
    changed = augmentations.build("polarity", sample_rate=RATE)(torch.ones(1000, 2, 3), generator())
    assert set(changed.unique().tolist()) == {-1.0, 1.0} and changed.mean().abs() < 0.1
    assert (changed == changed[..., :1]).all()  # a source is turned as a whole


def test_gains_stay_within_their_range():
    level = 20 * augmentations.build("gain", sample_rate=RATE, decibels=6.0)(torch.ones(500, 2, 1), generator()).log10()
    assert level.abs().max() <= 6.001 and level.min() < -5.5 and level.max() > 5.5


@pytest.mark.parametrize("name", list(augmentations))
def test_an_augmentation_depends_on_the_seed_alone_and_is_off_in_evaluation(name):
    step = augmentations.build(name, sample_rate=RATE)
    waves = noise(30)
    one, two, other = (step(waves, generator(seed)) for seed in (1, 1, 2))
    assert one.shape == waves.shape and one.isfinite().all()
    assert torch.equal(one, two) and not torch.equal(one, other) and not torch.equal(one, waves)
    assert step.eval()(waves, generator()) is waves


def test_a_chain_is_built_from_names_in_their_order():
    chain = build_augmentations({"polarity": {"probability": 1.0}, "gain": {"decibels": 3.0}, "shift": None}, RATE)
    waves = noise()
    by_hand, drawn = waves, generator(1)
    for step in chain.steps:
        by_hand = step(by_hand, drawn)
    assert [type(step).__name__ for step in chain.steps] == ["Polarity", "Gain", "Shift"]
    assert torch.equal(chain(waves, generator(1)), by_hand)
    assert chain.eval()(waves, generator()) is waves
    assert build_augmentations({}, RATE)(waves, generator()) is waves


def test_what_makes_no_sense_is_said():
    with pytest.raises(UnweaveError, match="Did you mean 'polarity'"):
        build_augmentations({"polrity": {}}, RATE)
    with pytest.raises(UnweaveError, match="takes no"):
        build_augmentations({"gain": {"loud": 3}}, RATE)
    for name, given in {
        "gain": {"decibels": -1.0},
        "polarity": {"probability": 2.0},
        "shift": {"seconds": -1.0},
    }.items():
        with pytest.raises(UnweaveError, match="got"):
            build_augmentations({name: given}, RATE)
    with pytest.raises(UnweaveError, match="lowest cutoff"):
        build_augmentations({"band-limit": {"lowest": 5000.0}}, RATE)

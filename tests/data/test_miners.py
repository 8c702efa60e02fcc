import pytest
import torch

from unweave.data.anchors import cut
from unweave.data.miners import miners
from unweave.errors import UnweaveError

RATE, FRAME_RATE = 1000, 50.0
DURATIONS = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def planted(places, seconds=10.0, burst=0.4):
    """Noise with a loud burst at each of `places` (s), and the curve of a detector that hears it through noise."""
    clips = 0.01 * torch.randn(len(places), round(seconds * RATE), generator=generator(1))
    curve = 0.1 * torch.rand(len(places), round(seconds * FRAME_RATE), generator=generator(2))
    for i, place in enumerate(places):
        clips[i, round(place * RATE) : round((place + burst) * RATE)] += 1.0
        curve[i, round(place * FRAME_RATE) : round((place + burst) * FRAME_RATE)] += 0.8
    return clips, curve


def mine(name, lengths, seconds, seed=0, options=None, **kwargs):
    return miners.build(name, **(options or {}))(torch.as_tensor(lengths), seconds, RATE, generator(seed), **kwargs)


def evenly(values, low, high, bins=8):
    """Chi-square of the values over equal bins, against the 1e-6 quantile of 7 degrees of freedom."""
    counts = torch.histc(values.double(), bins, low, high)
    expected = values.numel() / bins
    return ((counts - expected) ** 2 / expected).sum() < 40


@pytest.mark.parametrize("seconds", DURATIONS)
def test_the_detector_s_anchor_holds_the_planted_burst(seconds):
    places = [0.0, 1.3, 4.7, 7.9, 9.6]
    clips, curve = planted(places)
    starts = mine("detector", [10 * RATE] * 5, seconds, curve=curve, frame_rate=FRAME_RATE)
    assert starts.shape == (5, 1) and (starts >= 0).all() and (starts + seconds * RATE <= 10 * RATE).all()
    loud = cut(clips, starts[:, 0], round(seconds * RATE)) > 0.5
    assert (loud.sum(1) >= 0.95 * 0.4 * RATE).all()


def test_the_detector_stays_out_of_the_padding():
    clips, curve = planted([1.0])
    curve[:, round(4 * FRAME_RATE) :] = 1.0  # a detector that hallucinates in the silence after 4 s
    start = mine("detector", [4 * RATE], 2.0, curve=curve, frame_rate=FRAME_RATE)
    assert start.item() <= RATE, "the burst is heard, and not the last place before the silence taken"


def test_a_smaller_share_gives_several_places_near_the_burst():
    _, curve = planted([5.0] * 200, burst=1.0)
    curve = curve.round(decimals=0)
    starts = mine("detector", [10 * RATE] * 200, 2.0, options={"share": 0.9}, curve=curve, frame_rate=FRAME_RATE)
    assert starts.unique().numel() > 20
    assert (starts <= 5.11 * RATE).all() and (starts + 2 * RATE >= 5.89 * RATE).all()


def test_a_flat_curve_gives_any_place():
    starts = mine("detector", [10 * RATE] * 2000, 2.0, curve=torch.zeros(2000, 500), frame_rate=FRAME_RATE)
    assert evenly(starts, 0, 8 * RATE)


def test_random_places_are_spread_evenly_over_the_whole_clip():
    starts = mine("out-clip", [10 * RATE] * 4000, 2.0)
    assert starts.min() >= 0 and starts.max() <= 8 * RATE
    assert evenly(starts, 0, 8 * RATE)


def test_segments_of_one_clip_share_nothing_and_cover_it():
    for segments, seconds in ((2, 2.0), (2, 5.0), (3, 2.0), (4, 2.5)):
        starts = mine("in-clip", [10 * RATE] * 500, seconds, segments=segments)
        ordered = starts.sort(1).values
        assert (ordered.diff(dim=1) >= seconds * RATE).all()
        assert ordered.min() >= 0 and ordered.max() <= (10 - seconds) * RATE
        first = starts.argmin(1).bincount(minlength=segments)
        assert first.min() > 500 / segments / 2  # the earlier one is not always the target
    pairs = mine("in-clip", [10 * RATE] * 4000, 2.0)
    assert pairs.min() < 0.2 * RATE and pairs.max() > 7.8 * RATE and pairs.unique().numel() > 2000


def test_in_too_short_a_clip_segments_lie_as_far_apart_as_they_can():
    starts = mine("in-clip", [3 * RATE, RATE], 2.0)
    assert sorted(starts[0].tolist()) == [0, RATE] and starts[1].tolist() == [0, 0]


@pytest.mark.parametrize("name", list(miners))
def test_clips_shorter_than_an_anchor_begin_it(name):
    clips = torch.ones(2, 300)
    starts = mine(name, [300, 300], 2.0, curve=torch.rand(2, 15), frame_rate=FRAME_RATE)
    pieces = cut(clips, starts, 2 * RATE)
    assert (pieces[..., :300] == 1).all() and not pieces[..., 300:].any()


@pytest.mark.parametrize("name", list(miners))
def test_places_depend_on_the_seed_alone(name):
    curve = torch.zeros(50, 500)
    kwargs = {"curve": curve, "frame_rate": FRAME_RATE}
    one, two, other = (mine(name, [10 * RATE] * 50, 2.0, seed, **kwargs) for seed in (1, 1, 2))
    torch.rand(3)  # the random state of the process is no part of it
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_a_detector_without_a_curve_is_said():
    with pytest.raises(UnweaveError, match="framewise output"):
        mine("detector", [RATE], 0.5)
    with pytest.raises(UnweaveError, match="share"):
        miners.build("detector", share=0.0)
    with pytest.raises(UnweaveError, match="anchor mining 'inclip'.*Did you mean 'in-clip'"):
        miners.build("inclip")

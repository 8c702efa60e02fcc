from __future__ import annotations

import numpy as np
import pytest
from tiny import RATE, tiny_model, tones

from unweave.audio.resampling import resample
from unweave.inference.above import Above
from unweave.inference.cores import Cores

HIGH = 32000  # of recordings: four times the model's rate
SAMPLES = 2 * HIGH + 123


def noise(channels: int, samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


def lows(x: np.ndarray) -> np.ndarray:
    return resample(resample(x, HIGH, RATE), RATE, HIGH)[:, : x.shape[1]]


def lifted(
    x: np.ndarray, tracks: list[np.ndarray], sets: list[list[int]], sizes: list[int], cores: Cores | None = None
) -> list[np.ndarray]:
    above, low = Above(HIGH, RATE, sets, cores), lows(x)
    cuts = np.cumsum([0, *sizes, x.shape[1] - sum(sizes)])
    given = [
        above.push(x[:, a:b], low[:, a:b], [t[:, a:b] for t in tracks], last=b == x.shape[1])
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]
    return [np.concatenate(one, axis=1) for one in zip(*given, strict=True)]


def test_all_of_the_band_becomes_all_of_the_recording_and_silence_stays_silent() -> None:
    x = noise(2, SAMPLES)
    whole, all_of_it, none = lifted(x, [lows(x), np.zeros_like(x)], [], [])
    assert np.array_equal(whole, x) and not none.any()
    assert np.abs(all_of_it - x).max() < 1e-5


def test_tracks_share_what_lies_above_as_they_share_the_top_of_the_band() -> None:
    x = noise(1, SAMPLES)
    _, more, less = lifted(x, [0.75 * lows(x), 0.25 * lows(x)], [[0, 1]], [])
    assert np.abs(more - 0.75 * x).max() < 1e-5 and np.abs(less - 0.25 * x).max() < 1e-5


@pytest.mark.parametrize(("sets", "share"), [([[0, 1]], 0.5), ([[0], [1]], 1.0), ([], 1.0), ([[0, 0, 1]], 1 / 3)])
def test_tracks_of_one_set_never_hold_more_than_there_is(sets: list[list[int]], share: float) -> None:
    x = noise(1, SAMPLES)
    high = x - lows(x)
    for track in lifted(x, [lows(x), lows(x)], sets, [])[1:]:
        assert np.abs(track - lows(x) - share * high).max() < 1e-5


@pytest.mark.parametrize("sizes", [[1] * 9, [700] * 40, [319, 0, 1, 640, 321], [SAMPLES - 1], []])
def test_the_same_however_the_blocks_fall(sizes: list[int]) -> None:
    x = noise(2, SAMPLES)
    tracks = [lows(x) * np.linspace(0, 1, SAMPLES, dtype=np.float32), 0.2 * lows(x)]
    expected, given = lifted(x, tracks, [[0, 1]], [5000] * 5), lifted(x, tracks, [[0, 1]], sizes)
    assert all(np.abs(a - b).max() < 1e-6 for a, b in zip(expected, given, strict=True))


@pytest.mark.parametrize("samples", [1, 300, 640, 961])
def test_any_length(samples: int) -> None:
    x = noise(1, samples)
    whole, track = lifted(x, [lows(x)], [], [])
    assert np.array_equal(whole, x) and track.shape == x.shape


def test_a_track_is_louder_above_where_it_holds_the_top_of_the_band() -> None:
    """Rain is the top of the band, and what lies above goes with it; the others keep nothing of it."""
    x = tones(4, HIGH, {0: (0, 4), 3: (0, 2)}) + 0.1 * np.sin(2 * np.pi * 9000 * np.arange(4 * HIGH) / HIGH)
    x = x.astype(np.float32)
    rain, speech, rest = tiny_model().separate(x, HIGH, classes=["Rain", "Speech"])
    heard = {one.name: np.abs(np.fft.rfft(one.audio[0, : 2 * HIGH]))[18000] for one in (rain, speech, rest)}
    assert heard["Rain"] > 0.9 * np.abs(np.fft.rfft(x[0, : 2 * HIGH]))[18000]
    assert heard["Speech"] < 0.05 * heard["Rain"] and heard["residual"] < 0.1 * heard["Rain"]
    plain = tiny_model(full_band=False).separate(x, HIGH, classes=["Rain"])[0].audio[0, : 2 * HIGH]
    assert np.abs(np.fft.rfft(plain))[18000] < 1e-3 * heard["Rain"]
    assert np.abs(rain.audio + speech.audio + rest.audio - x).max() < 1e-4


def test_the_same_whether_cores_share_out_the_tracks_or_not() -> None:
    x = noise(2, SAMPLES)
    tracks = [share * lows(x) for share in (0.5, 0.0, 0.3, 0.9)]
    with Cores() as cores:
        cores.workers = 2
        shared = lifted(x, tracks, [[0, 2], [3]], [9000], cores)
    assert all(np.array_equal(a, b) for a, b in zip(shared, lifted(x, tracks, [[0, 2], [3]], [9000]), strict=True))

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model

from unweave.inference import sharing
from unweave.inference.cores import Cores
from unweave.inference.sharing import share, share_out


def noise(channels: int, samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


def energy(x: np.ndarray) -> float:
    return float(np.square(x, dtype=np.float64).sum())


def test_one_track_stays_as_it_is() -> None:
    x = noise(1, RATE)
    assert np.array_equal(share(x, [3 * x], RATE)[0], 3 * x)


def test_tracks_that_say_no_more_than_there_is_stay_as_they_are() -> None:
    x = noise(2, RATE)
    first, second = 0.6 * x, 0.3 * x
    given = share(x, [first, second], RATE)
    assert np.array_equal(given[0], first) and np.array_equal(given[1], second)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_what_all_of_them_hold_is_shared_and_no_more_than_there_is(count: int) -> None:
    x = noise(2, 2 * RATE + 13)
    tracks = share(x, [x.copy() for _ in range(count)], RATE)
    assert np.abs(sum(tracks) - x).max() < 1e-4
    assert all(np.abs(track - x / count).max() < 1e-4 for track in tracks)


def test_shares_are_as_the_energies_that_tracks_say() -> None:
    x = noise(1, RATE)
    loud, quiet = share(x, [0.9 * x, 0.3 * x], RATE)
    assert np.abs(loud - 0.9 * x).max() < 1e-4 and np.abs(quiet - 0.1 * x).max() < 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_is_never_louder_whatever_the_tracks_say(seed: int) -> None:
    x = noise(2, RATE, seed)
    tracks = [noise(2, RATE, 10 * seed + i) * (i + 1) for i in range(4)] + [-x]
    assert energy(x - sum(tracks)) > energy(x)
    assert energy(x - sum(share(x, tracks, RATE))) <= 1.001 * energy(x)


@pytest.mark.parametrize("at_once", [1, 5000, 10**9])
def test_the_same_however_many_bins_are_worked_out_at_once(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = noise(2, RATE)
    x[1, RATE // 3 :] = 0  # where nothing is left to share
    tracks = [x + noise(2, RATE, 1), 0.7 * x, -noise(2, RATE, 2)]
    expected = share(x, tracks, RATE)
    monkeypatch.setattr(sharing, "AT_ONCE", at_once)
    assert all(np.array_equal(a, b) for a, b in zip(share(x, tracks, RATE), expected, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(tracks, expected, strict=True))


def test_silence_has_nothing_to_share() -> None:
    silent = np.zeros((1, RATE), np.float32)
    assert not any(np.abs(track).max() > 1e-6 for track in share(silent, [noise(1, RATE), noise(1, RATE, 1)], RATE))


def test_sets_share_by_themselves() -> None:
    x = noise(1, RATE)
    decoded = {(0, 0): x, (0, 1): x, (1, 0): x}
    with Cores() as cores:
        shared = share_out(np.stack([x, x]), decoded, [[0, 1], [0], [], [0, 1, 1]], RATE, cores)
    assert sorted(shared) == [(0, 0, 0), (0, 0, 1), (3, 0, 0), (3, 0, 1)]  # alone in the second segment
    assert np.abs(shared[0, 0, 0] - x / 2).max() < 1e-4 and np.abs(shared[3, 0, 1] - x / 3).max() < 1e-4


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_what_is_left_of_a_recording_is_never_louder_than_it(rate: int, tmp_path: Path) -> None:
    """A separator that gives everything to everybody; in memory and block by block."""
    x = noise(2, 3 * rate + 7)
    sf.write(tmp_path / "x.wav", x.T, rate, subtype="FLOAT")
    names = ["Speech", "Dog", "Rain", "Siren"]
    tracks = tiny_model(identity=True).separate(x, rate, classes=names)
    report = tiny_model(identity=True).separate_file(tmp_path / "x.wav", tmp_path / "out", classes=names)
    assert np.abs(sum(track.audio for track in tracks) - x).max() < 1e-4
    assert energy(tracks[-1].audio) <= 1.01 * energy(x)
    for track, written in zip(tracks, report.tracks, strict=True):
        back, _ = sf.read(report.folder / written.file, dtype="float32", always_2d=True)
        assert np.abs(back.T - track.audio).max() < 1e-5


def test_alone_and_with_others_and_as_published() -> None:
    x = noise(1, 3 * RATE)
    alone, first, _ = (
        tiny_model(identity=True).separate(x, RATE, classes=names)[0].audio
        for names in ("Speech", ["Speech", "Dog"], ["Dog", "Speech"])
    )
    assert np.abs(alone - x).max() < 1e-6 and np.abs(first - x / 2).max() < 1e-4
    every = tiny_model(identity=True).published().separate(x, RATE, classes=["Speech", "Dog"], threshold=0.0)
    assert np.abs(every[0].audio - x).max() < 1e-6 and np.abs(every[1].audio - x).max() < 1e-6

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import Occurrence
from unweave.evaluation.items import Piece, Scene, SceneEvent
from unweave.evaluation.scenes import scene_events, scene_waveform

RATE = 8000
DOG, RAIN = "/m/0bt9lr", "/m/06mb1"


def noise(path: Path, seed: int, seconds: float = 3.0, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Written without loss, (T, C)."""
    wave = np.random.default_rng(seed).uniform(-0.3, 0.3, (round(seconds * rate), channels)).astype(np.float32)
    soundfile.write(path, wave, rate, subtype="FLOAT")
    return wave


def test_every_sound_lies_exactly_at_its_place(tmp_path: Path) -> None:
    one, two = noise(tmp_path / "one.wav", 1)[:, 0], noise(tmp_path / "two.wav", 2, channels=2).mean(1)
    events = (
        SceneEvent(Piece("one.wav", 0.5, 2.0), at=1.25, gain=-6.0, classes=(DOG,)),
        SceneEvent(Piece("two.wav", 0.0, 1.5), at=2.5, gain=3.0, classes=(RAIN,)),
    )
    wave = scene_waveform(Scene("s", 5.0, events), tmp_path, RATE)
    expected = np.zeros(5 * RATE)
    expected[10000:26000] += 10 ** (-6 / 20) * one[4000:20000]
    expected[20000:32000] += 10 ** (3 / 20) * two[:12000]
    assert wave.shape == (40000,) and wave.dtype == np.float32
    assert np.abs(wave - expected).max() < 1e-6


def test_sounds_are_brought_to_the_scenes_rate(tmp_path: Path) -> None:
    time = np.arange(48000) / 16000
    soundfile.write(tmp_path / "tone.wav", 0.3 * np.sin(2 * np.pi * 440 * time), 16000, subtype="FLOAT")
    scene = Scene("s", 4.0, (SceneEvent(Piece("tone.wav", 1.0, 1.0), at=2.0, classes=(DOG,)),))
    wave = scene_waveform(scene, tmp_path, RATE)
    expected = 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert not wave[:16000].any() and not wave[24000:].any()
    assert np.abs(wave[16200:23800] - expected[200:7800]).max() < 1e-3


@pytest.mark.parametrize(("start", "seconds", "sounding"), [(2.5, 2.0, 0.5), (3.0, 1.0, 0.0), (9.0, 1.0, 0.0)])
def test_silence_follows_where_a_file_ends_before(
    tmp_path: Path, start: float, seconds: float, sounding: float
) -> None:
    noise(tmp_path / "a.wav", 1)
    scene = Scene("s", 4.0, (SceneEvent(Piece("a.wav", start, seconds), at=1.0, classes=(DOG,)),))
    there = np.flatnonzero(scene_waveform(scene, tmp_path, RATE))
    assert len(there) == pytest.approx(sounding * RATE, abs=2)


def test_what_lies_behind_the_end_is_cut(tmp_path: Path) -> None:
    noise(tmp_path / "a.wav", 1)
    scene = Scene("s", 2.0, (SceneEvent(Piece("a.wav", 0.0, 3.0), at=1.5, classes=(DOG, RAIN)),))
    assert scene_waveform(scene, tmp_path, RATE)[12000:].all()
    assert scene_events(scene) == [Occurrence(RAIN, 1.5, 2.0), Occurrence(DOG, 1.5, 2.0)]


def test_events_are_by_onset_and_need_a_length() -> None:
    early, late = Piece("a.wav", 0.3, 1.0), Piece("b.wav", 0.0, 2.0)
    events = (SceneEvent(late, at=4.0, classes=(DOG,)), SceneEvent(early, at=0.5, classes=(RAIN,)))
    assert scene_events(Scene("s", 10.0, events)) == [Occurrence(RAIN, 0.5, 1.5), Occurrence(DOG, 4.0, 6.0)]
    with pytest.raises(UnweaveError, match="how long a.wav sounds"):
        scene_events(Scene("s", 10.0, (SceneEvent(Piece("a.wav"), at=0.0, classes=(DOG,)),)))

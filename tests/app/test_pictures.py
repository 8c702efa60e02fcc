from __future__ import annotations

import io
import json
import os
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile

from unweave.app.pictures import look, png
from unweave.app.refusals import Refused
from unweave.errors import UnweaveError

RATE = 8000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "given").mkdir()
    return tmp_path


def seen(folder: Path, samples: np.ndarray, monkeypatch: pytest.MonkeyPatch, **arguments: float) -> dict[str, object]:
    soundfile.write(folder / "given/x.flac", samples, RATE)
    monkeypatch.chdir(folder / "given")
    return look({"name": "x.flac", "seconds": 100.0, **arguments}, lambda *_: None)


def test_a_recording_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.zeros((3 * RATE, 2))
    samples[RATE : 2 * RATE, 0] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    about = seen(folder, samples, monkeypatch)
    assert about == {"seconds": 3.0, "sample_rate": RATE, "channels": 2, "video": False, "warnings": []}
    peaks = json.loads((folder / "peaks.json").read_text())
    assert peaks["seconds"] == 3.0 and peaks["per_second"] == 100 and len(peaks["low"]) == len(peaks["high"]) == 300
    assert (
        set(peaks["high"][:100]) == {0.0} and min(peaks["high"][101:199]) > 0.45 and max(peaks["low"][101:199]) < -0.45
    )
    sound, rate = soundfile.read(folder / "sound.wav")
    assert rate == RATE and np.abs(sound - samples).max() < 1e-4
    assert {path.name for path in folder.iterdir()} == {"given", "peaks.json", "light.png", "dark.png", "sound.wav"}


def test_a_long_one_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="minutes long"):
        seen(folder, np.zeros(RATE), monkeypatch, seconds=0.5)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_one_and_loud_is_far_from_silent(theme: str) -> None:
    picture = np.full((4, 6), -200, np.float32)
    picture[0, 2] = 0  # the lowest band
    read = matplotlib.image.imread(io.BytesIO(png(picture, theme)), format="png")
    assert read.shape[:2] == (4, 6)
    silent = read[0, 0, :3]
    assert np.abs(read[3, 2, :3] - silent).sum() > 1.0
    assert np.abs(read[:, :, :3] - silent).sum() == pytest.approx(np.abs(read[3, 2, :3] - silent).sum())


def test_what_is_no_sound_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "given/x.wav").write_bytes(os.urandom(1000))
    monkeypatch.chdir(folder / "given")
    with pytest.raises(UnweaveError, match="x.wav") as error:
        look({"name": "x.wav", "seconds": 100.0}, lambda *_: None)
    assert str(folder) not in str(error.value)

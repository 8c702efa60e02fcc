"""A changed recording as a file: the same as in memory, and nothing is lost or half written."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.audio.io import read_audio
from unweave.errors import UnweaveError


def recording() -> np.ndarray:
    mono = tones(5, spans={0: (0, 4), 1: (1, 3), 2: (2, 4.5), 3: (3.5, 5)})
    return np.concatenate([mono, 0.5 * mono])


def test_the_file_is_the_same_as_in_memory(tmp_path: Path) -> None:
    model, x = tiny_model(), recording()
    sf.write(tmp_path / "yard.wav", x.T, RATE, subtype="FLOAT")
    report = model.remix_file(tmp_path / "yard.wav", tmp_path / "new" / "out", gain={"Dog": -12, "Rain": 2})
    assert report.path == tmp_path / "new" / "out" / "yard.remixed.wav" and report.warnings == []
    assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == ["yard.remixed.wav"]
    assert [sound.name for sound in report.sounds] == ["Dog", "Rain"] and np.allclose(report.gains_db, [-12, 2])
    assert np.array_equal(read_audio(report.path)[0], model.remix(x, RATE, gain={"Dog": -12, "Rain": 2}).audio)
    same = model.remix_file(tmp_path / "yard.wav", tmp_path, gain="Dog=0 dB").path
    assert np.array_equal(sf.read(same, dtype="float32")[0].T, x)


def test_a_file_that_is_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    sf.write(tmp_path / "yard.wav", recording().T, RATE)
    (tmp_path / "yard.kept.wav").write_bytes(b"mine")
    with pytest.raises(UnweaveError, match="--overwrite"):
        tiny_model().remix_file(tmp_path / "yard.wav", tmp_path, keep="Dog")
    assert (tmp_path / "yard.kept.wav").read_bytes() == b"mine"
    tiny_model().remix_file(tmp_path / "yard.wav", tmp_path, keep="Dog", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["yard.kept.wav", "yard.wav"]
    assert sf.info(tmp_path / "yard.kept.wav").frames == 5 * RATE


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    sf.write(tmp_path / "yard.wav", recording().T, RATE)
    for arguments in ({"keep": "9-10"}, {"remove": "Purrple"}, {"keep": "Dog", "format": "opus"}):
        with pytest.raises(UnweaveError):
            tiny_model().remix_file(tmp_path / "yard.wav", tmp_path / "out" / "deep", **arguments)  # type: ignore[arg-type]
        assert [path.name for path in tmp_path.iterdir()] == ["yard.wav"], arguments


def test_nothing_heard_is_said(tmp_path: Path) -> None:
    sf.write(tmp_path / "hum.wav", tones(2, spans={0: (0, 2)}).T, RATE)
    report = tiny_model().remix_file(tmp_path / "hum.wav", tmp_path, remove="Siren")
    assert report.gains_db == [-math.inf] and len(report.warnings) == 1 and "Siren was not heard" in report.warnings[0]

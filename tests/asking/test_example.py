from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.asking.example import Example
from unweave.errors import UnweaveError


def test_tracks_are_called_after_their_examples(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "bell.wav", tmp_path / "b" / "Bell.wav", tmp_path / "rain.d" / "1.wav"]
    for path, band in zip(paths, (0, 1, 3), strict=True):
        path.parent.mkdir()
        sf.write(path, tones(1, spans={band: (0, 1)}).T, RATE)
    x = tones(2, spans={0: (0, 2), 1: (0, 2), 3: (0, 2)})
    tracks = tiny_model().separate(x, RATE, query=[*paths[:2], paths[2].parent])
    assert [track.name for track in tracks] == ["bell", "Bell 2", "rain.d", "residual"]
    for band, track in zip((0, 1, 3), tracks, strict=False):
        assert np.abs(track.audio - tones(2, spans={band: (0, 2)}))[:, RATE // 4 : -RATE // 4].max() < 0.02


def test_examples_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="does not exist"):
        Example.of(tmp_path / "none.wav")
    with pytest.raises(UnweaveError, match="not int"):
        Example.of([3])

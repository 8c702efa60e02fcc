"""All tracks in one file of many channels, each channel with its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.audio import wav
from unweave.audio.io import read_audio
from unweave.audio.one_file import OneFileWriter
from unweave.audio.tags import Tags
from unweave.errors import UnweaveError


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("limit", [None, 4000])
def test_the_tracks_lie_side_by_side_under_their_names(
    tmp_path: Path, channels: int, limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit:
        monkeypatch.setattr(wav, "RIFF_LIMIT", limit)
    rng = np.random.default_rng(channels)
    tracks = [rng.uniform(-0.5, 0.5, (channels, 3001)).astype(np.float32) for _ in range(3)]
    names = ["Dog", "Rain & wind", "residual"]
    path = tmp_path / "x.wav"
    with OneFileWriter(path, 44100, channels, names, tags=Tags("All", "street.wav")) as file:
        for start in range(0, 3001, 1000):
            file.write([track[:, start : start + 1000] for track in tracks])
        assert not path.exists()
    assert file.samples == 3001 and file.clipped == 0
    got, rate = read_audio(path)
    assert rate == 44100
    np.testing.assert_array_equal(got, np.concatenate(tracks))
    assert soundfile.info(path).channels == 3 * channels
    data = path.read_bytes()
    assert data[:4] == (b"RF64" if limit else b"RIFF")
    for name in {1: ["Dog"], 2: ["Dog L", "residual R"], 6: ["Dog 1", "Rain &amp; wind 6"]}[channels]:
        assert f"<NAME>{name}</NAME>".encode() in data


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), OneFileWriter(tmp_path / "x.wav", 44100, 1, ["Dog"]) as file:
        file.write([np.ones((1, 10), np.float32)])
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="no tracks"):
        OneFileWriter(tmp_path / "x.wav", 44100, 1, [])
    with pytest.raises(UnweaveError, match="1 to 16383 channels"):
        OneFileWriter(tmp_path / "x.wav", 44100, 2, ["x"] * 9000)
    block = np.zeros((2, 10), np.float32)
    for blocks in ([block], [block, block[:1]], [block, block[:, :9]], [block[:1], block[:1]]):
        with (
            pytest.raises(UnweaveError, match="takes 2 blocks"),
            OneFileWriter(tmp_path / "x.wav", 44100, 2, "ab") as file,
        ):
            file.write(blocks)

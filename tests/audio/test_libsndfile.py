"""Where libsndfile gives up, FFmpeg goes on, and what is lost is silence in its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.audio.io import open_audio, read_audio

RATE = 44100


def noise(path: Path, seconds: float = 10, channels: int = 1, **kind: str) -> np.ndarray:
    x = np.random.default_rng(3).uniform(-0.4, 0.4, (round(seconds * RATE), channels))
    soundfile.write(path, x, RATE, **kind)
    return read_audio(path)[0]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("spots", [(0.45,), (0.1, 0.5, 0.9), (0.05,)])
def test_a_flac_with_bad_spots_loses_those_alone(tmp_path: Path, subtype: str, spots: tuple[float, ...]) -> None:
    path = tmp_path / "x.flac"
    x = noise(path, subtype=subtype, channels=2)
    raw = bytearray(path.read_bytes())
    for spot in spots:
        start = int(len(raw) * spot)
        raw[start : start + 300] = bytes(300)
    path.write_bytes(raw)
    with open_audio(path) as reader:
        passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (1000, 44100)]
        assert any("damaged" in remark for remark in reader.remarks()) and not reader.truncated
    np.testing.assert_array_equal(*passes)
    assert passes[0].shape == x.shape
    wrong = np.flatnonzero((passes[0] != x).any(axis=0))
    # Silence, and never noise, of a frame or two for each spot; all else to the bit.
    assert 0 < len(wrong) <= len(spots) * 3 * 4096
    assert not passes[0][:, wrong].any()
    for spot in spots:
        assert np.abs(wrong / x.shape[1] - spot).min() < 0.03


def test_a_flac_that_was_cut_is_read_to_its_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    x = noise(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with open_audio(path) as reader:
        passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (777, 44100)]
        assert reader.truncated
    np.testing.assert_array_equal(*passes)
    assert passes[0].shape[1] > 0.98 * x.shape[1] / 2
    np.testing.assert_array_equal(passes[0], x[:, : passes[0].shape[1]])


@pytest.mark.parametrize(("name", "kind"), [("x.ogg", {"format": "OGG"}), ("x.caf", {"subtype": "ALAC_16"})])
def test_others_with_bad_spots_give_the_same_twice(tmp_path: Path, name: str, kind: dict[str, str]) -> None:
    path = tmp_path / name
    x = noise(path, **kind)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 300] = bytes(300)
    path.write_bytes(raw)
    with open_audio(path) as reader:
        passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (1000, 44100)]
    np.testing.assert_array_equal(*passes)
    assert passes[0].shape[1] > 0.9 * x.shape[1]


def test_a_file_without_a_header_is_known_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "x.vox").write_bytes(np.random.default_rng(0).bytes(4000))
    x, rate = read_audio(tmp_path / "x.vox")
    assert rate == 8000 and x.shape == (1, 8000)

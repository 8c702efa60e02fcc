"""Headers that lie of the number of samples: all that is there is read, and what is missing is said."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.audio.chunks import find_sound
from unweave.audio.io import open_audio, probe, read_audio
from unweave.audio.source import Source
from unweave.errors import UnweaveError

# Where the size of the samples stands before them, and how it is written.
PLACES = {
    "WAV": (b"data", 4, "<I"),
    "WAVEX": (b"data", 4, "<I"),
    "AIFF": (b"SSND", 4, ">I"),
    "RF64": (b"RIFF", 28, "<Q"),
    "CAF": (b"data", 4, ">q"),
    "AU": (b".snd", 8, ">I"),
    "W64": (b"data\xf3\xac\xd3\x11", 16, "<Q"),
}


def made(path: Path, form: str, subtype: str = "PCM_16", channels: int = 2) -> np.ndarray:
    x = np.random.default_rng(5).uniform(-0.5, 0.5, (20001, channels)).astype(np.float32)
    soundfile.write(path, x, 44100, subtype=subtype, format=form)
    return read_audio(path)[0]


def resized(path: Path, form: str, size: int) -> None:
    raw = bytearray(path.read_bytes())
    mark, after, code = PLACES[form]
    place = (0 if form == "RF64" else raw.index(mark)) + after
    raw[place : place + struct.calcsize(code)] = struct.pack(code, size)
    path.write_bytes(raw)


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "AIFF", "CAF", "AU", "W64", "RF64"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_the_sound_of_a_recorder_that_died_is_all_there(tmp_path: Path, form: str, subtype: str) -> None:
    path = tmp_path / "x.wav"
    x = made(path, form, subtype)
    resized(path, form, 0)
    got, rate = read_audio(path)
    assert rate == 44100
    np.testing.assert_array_equal(got[:, : x.shape[1]], x)
    assert got.shape[1] - x.shape[1] < 40  # a chunk that was written after the sound, at most


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "ULAW", "ALAW", "PCM_U8"])
def test_other_kinds_of_wav_too(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "x.wav"
    x = made(path, "WAV", subtype, 1)
    resized(path, "WAV", 0)
    got, _ = read_audio(path)
    assert abs(got.shape[1] - x.shape[1]) < 1100
    np.testing.assert_allclose(got[:, :18000], x[:, :18000], atol=0.02)


def test_an_open_size_means_up_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    x = made(path, "WAV")
    resized(path, "WAV", 0xFFFFFFFF)
    with open_audio(path) as reader:
        np.testing.assert_array_equal(np.concatenate(list(reader.blocks(5000)), axis=1), x)
        assert not reader.truncated


@pytest.mark.parametrize("more", [b"", b"LIST\x04\0\0\0INFO", b"id3 \x02\0\0\0ab" + b"LIST\x04\0\0\0INFO", bytes(5)])
def test_what_is_empty_stays_empty(tmp_path: Path, more: bytes) -> None:
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, 44100, 88200, 2, 16)
    (tmp_path / "x.wav").write_bytes(b"RIFF" + bytes(4) + b"WAVEfmt " + fmt + b"data" + bytes(4) + more)
    with pytest.raises(UnweaveError, match="no samples"):
        open_audio(tmp_path / "x.wav")


def test_more_than_32_bits_can_count_is_there(tmp_path: Path) -> None:
    frames = (1 << 30) + 1000  # of 4 bytes: 4 GB and a bit, as holes
    size = 4 * frames
    fmt = struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
    with open(tmp_path / "x.wav", "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", (size + 36) & 0xFFFFFFFF) + b"WAVEfmt " + fmt)
        file.write(b"data" + struct.pack("<I", size & 0xFFFFFFFF))
        file.truncate(44 + size)
    assert probe(tmp_path / "x.wav").samples == frames


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "AIFF", "CAF", "AU", "W64", "RF64"])
def test_what_was_cut_is_read_as_far_as_it_goes_and_said(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x.wav"
    x = made(path, form)
    with open_audio(path) as reader:
        assert not reader.truncated and reader.samples == x.shape[1]
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with open_audio(path) as reader:
        got = np.concatenate(list(reader.blocks(3000)), axis=1)
        assert reader.truncated and any("breaks off" in remark for remark in reader.remarks())
    np.testing.assert_array_equal(got, x[:, : got.shape[1]])
    assert got.shape[1] == pytest.approx(x.shape[1] / 2, abs=2000)


def test_chunks_without_end_and_nonsense_are_nothing(tmp_path: Path) -> None:
    for number, raw in enumerate(
        [b"RIFF" + bytes(8) + bytes(30), b"RIFF0000WAVE" + bytes(400_000), b"caff" + b"\xff" * 90]
    ):
        (tmp_path / str(number)).write_bytes(raw)
        assert find_sound(Source(tmp_path / str(number))) is None

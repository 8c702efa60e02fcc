"""Files of many kinds, damaged at random: sound that is the same twice, or a sentence, and nothing else."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, mux

from unweave.audio.io import open_audio
from unweave.errors import UnweaveError

RATE = 48000
TRIES = 40
CODECS = {
    "a.mp3": "libmp3lame",
    "a.m4a": "aac",
    "a.mkv": "aac",
    "a.webm": "libopus",
    "a.opus": "libopus",
    "a.ts": "aac",
    "a.ac3": "ac3",
    "a.mka": "flac",
    "a.aac": "aac",
    "a.avi": "pcm_s16le",
}
SHAPES = {
    "b.wav": "WAV",
    "b.flac": "FLAC",
    "b.ogg": "OGG",
    "b.aiff": "AIFF",
    "b.w64": "W64",
    "b.caf": "CAF",
    "b.au": "AU",
}


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """Some bits turned, bytes overwritten, left out, put in, or the end cut off; the header as often as all else."""
    data = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(data) if chance.random() < 0.5 else min(300, len(data)))
        how = chance.randrange(6)
        if how == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif how == 1:
            data[place : place + 100] = bytes(4)
        elif how == 2:
            del data[place : place + chance.choice((1, 10, 3000))]
        elif how == 3:
            data[place : place + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        elif how == 4:
            data[place:place] = chance.randbytes(chance.choice((1, 50, 5000)))
        elif chance.random() < 0.5:
            del data[place:]
        data = data or bytearray(b"x")
    return bytes(data)


@pytest.mark.parametrize("name", [*CODECS, *SHAPES])
def test_damage_is_survived(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).uniform(-0.3, 0.3, (2, RATE)).astype(np.float32)
    path = tmp_path / name
    if name in CODECS:
        mux(path, Sound(x, RATE, CODECS[name]))
    else:
        soundfile.write(path, x.T, RATE, format=SHAPES[name])
    raw, chance = path.read_bytes(), random.Random(name)
    for number in range(TRIES):
        data = damaged(raw, chance)
        path.write_bytes(data)
        try:
            with open_audio(path if number % 2 else io.BytesIO(data)) as reader:
                passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (1000, 50000)]
                np.testing.assert_array_equal(*passes)
                assert all(remark.endswith(".") for remark in reader.remarks())
        except UnweaveError as error:
            assert str(error).endswith(".") and "\n" not in str(error)
    assert capfd.readouterr().err == ""

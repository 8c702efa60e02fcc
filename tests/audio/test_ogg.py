"""Chained Ogg files: every link is read, whatever its format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, joined, mux, pitches, tones

from unweave.audio.io import open_audio, read_audio

RATE = 48000


def link(path: Path, codec: str, rate: int, channels: int, pitch: float) -> Path:
    x = tones(2, rate, channels, pitch)
    if codec == "vorbis":
        soundfile.write(path, x.T, rate, format="OGG", subtype="VORBIS")
        return path
    return mux(path, Sound(x, rate, codec), format="ogg")


@pytest.mark.parametrize("codec", ["vorbis", "libopus", "flac"])
@pytest.mark.parametrize(
    "formats", [((RATE, 2), (RATE, 2)), ((RATE, 2), (24000, 1), (RATE, 2)), ((24000, 1), (RATE, 2))]
)
def test_every_link_is_read_at_its_length(tmp_path: Path, codec: str, formats: tuple[tuple[int, int], ...]) -> None:
    if codec == "libopus":
        formats = tuple((RATE, channels) for _, channels in formats)
    parts = [
        link(tmp_path / f"{i}.ogg", codec, rate, channels, 500.0 * (i + 1))
        for i, (rate, channels) in enumerate(formats)
    ]
    path = joined(tmp_path / "radio.ogg", *parts)
    with open_audio(path) as reader:
        passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (999, 50000)]
        assert (reader.sample_rate, reader.channels, reader.truncated) == (*formats[0], False)
        assert reader.findings.damaged == 0
    np.testing.assert_array_equal(*passes)
    x, rate = passes[0], formats[0][0]
    assert x.shape[1] == pytest.approx(2 * rate * len(formats), abs=2)
    for number in range(len(formats)):
        middle = x[:, int((2 * number + 0.5) * rate) : int((2 * number + 1.5) * rate)]
        assert pitches(middle, rate)[0] == pytest.approx(500 * (number + 1), abs=3)


def test_a_link_is_as_long_and_as_true_as_the_file_that_it_was(tmp_path: Path) -> None:
    parts = [link(tmp_path / f"{i}.ogg", "vorbis", 44100, 1, 300.0 * (i + 1)) for i in range(3)]
    whole, _ = read_audio(joined(tmp_path / "all.ogg", *parts))
    np.testing.assert_array_equal(whole, np.concatenate([read_audio(part)[0] for part in parts], axis=1))


def test_a_damaged_link_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    parts = [link(tmp_path / f"{i}.ogg", "vorbis", RATE, 1, 440) for i in range(3)]
    broken = bytearray(parts[1].read_bytes())
    broken[40:3000] = bytes(2960)
    parts[1].write_bytes(broken)
    with open_audio(joined(tmp_path / "all.ogg", *parts)) as reader:
        total = sum(block.shape[1] for block in reader.blocks(4096))
    assert total >= 4 * RATE

"""Chained Ogg files: every link is read, whatever its format; a file without its last page is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, joined, mux, pitches, tones

from unweave.audio.io import open_audio, read_audio
from unweave.audio.ogg import ogg_shape
from unweave.audio.source import Source

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


def test_what_has_no_last_page_breaks_off(tmp_path: Path) -> None:
    hiss = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 10 * RATE)).astype(np.float32)
    for codec in ("vorbis", "libopus"):
        path = tmp_path / "a.ogg"
        if codec == "vorbis":
            soundfile.write(path, hiss.T, RATE, format="OGG", subtype="VORBIS")
        else:
            mux(path, Sound(hiss, RATE, codec))
        raw = path.read_bytes()
        with open_audio(path) as reader:
            assert not reader.truncated
        for part in (0.4, 0.8):
            (tmp_path / "cut.ogg").write_bytes(raw[: int(len(raw) * part)])
            with open_audio(tmp_path / "cut.ogg") as reader:
                total = sum(block.shape[1] for block in reader.blocks(4096))
                assert total > 0.7 * part * 10 * RATE
                assert any("breaks off" in remark for remark in reader.remarks())


def test_pages_are_found_again_after_damage_and_no_flag_alone_makes_a_link(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.3, 0.3, (10 * RATE, 2)), RATE, format="OGG")
    raw = bytearray(path.read_bytes())
    second = raw.index(b"OggS", 4)
    third = raw.index(b"OggS", second + 4)
    raw[third + 5] |= 2
    raw[third + 60 : third + 100] = bytes(40)
    raw[second + 26] = 255
    path.write_bytes(raw)
    shape = ogg_shape(Source(path))
    assert shape is not None and shape.links == [(0, len(raw))] and not shape.breaks_off

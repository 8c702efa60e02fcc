"""Pages of Ogg: an end that is missing, damage, and time that jumps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from recordings import Sound, mux, remuxed, tones

from unweave.audio.io import open_audio
from unweave.audio.pages import ogg_shape, pages, vorbis_holes
from unweave.audio.source import Source

RATE = 48000


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


def test_a_hole_in_vorbis_is_silence_and_a_whole_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, tones(6, RATE, 1).T, RATE, format="OGG")
    assert not vorbis_holes(Source(path))
    later = remuxed(tmp_path / "b.ogg", path, lambda time: 4.0 if time >= 3 else 0.0)
    assert vorbis_holes(Source(later))
    with open_audio(later) as reader:
        passes = [np.concatenate(list(reader.blocks(size)), axis=1) for size in (1000, 50000)]
        assert any("4.0 s are silence" in remark for remark in reader.remarks())
    np.testing.assert_array_equal(*passes)
    x = passes[0][0]
    assert abs(len(x) - 10 * RATE) < 2000
    assert not x[round(3.3 * RATE) : round(6.7 * RATE)].any()
    assert min(np.std(x[:140000]), np.std(x[340000:470000])) > 0.2


def test_pages_lost_to_damage_leave_silence_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    hiss = np.random.default_rng(0).uniform(-0.3, 0.3, (10 * RATE, 1))
    soundfile.write(path, hiss, RATE, format="OGG")
    raw = bytearray(path.read_bytes())
    found = list(pages(Source(path)))
    for page in found[len(found) // 2 : len(found) // 2 + 6]:
        raw[page.start + 40] ^= 255
        raw[page.start : page.start + 4] = b"xxxx"
    path.write_bytes(raw)
    with open_audio(path) as reader:
        x = np.concatenate(list(reader.blocks(5000)), axis=1)
    assert abs(x.shape[1] - 10 * RATE) < 5000

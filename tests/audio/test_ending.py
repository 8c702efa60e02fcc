"""Files that are shorter than they say."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from recordings import Sound, mux, tones

from unweave.audio.ending import breaks_off
from unweave.audio.io import open_audio
from unweave.audio.source import Source


def fast(path: Path) -> Path:
    """An mp4 whose index stands before its sound, so that a part can be read."""
    source = mux(path.with_suffix(".mka"), Sound(tones(4, 48000), 48000, "aac"))
    with av.open(str(source)) as old, av.open(str(path), "w", options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.mp3", "a.avi"])
def test_a_cut_file_is_read_and_named_and_a_whole_one_is_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    codec = {"mp3": "libmp3lame", "avi": "pcm_s16le", "webm": "libopus"}.get(name[2:], "aac")
    if name == "a.mp4":
        fast(path)
    else:
        mux(path, Sound(tones(4, 48000), 48000, codec))
    assert not breaks_off(Source(path))
    with open_audio(path) as reader:
        assert sum(block.shape[1] for block in reader.blocks(4800)) > 3.9 * 48000
        assert reader.remarks() == []
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 6 // 10])
    with open_audio(path) as reader:
        for _ in range(2):
            assert 1.5 * 48000 < sum(block.shape[1] for block in reader.blocks(4800)) < 3 * 48000
        assert [remark for remark in reader.remarks() if "breaks off" in remark]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1aE\xdf\xa3",
        b"\x1aE\xdf\xa3\xff",
        b"\x1aE\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\x04ftypabcd",
        b"\0\0\0\x01ftyp",
        b"\0\0\0\0mdat" + bytes(50),
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"\xff\xfb" + bytes(80),
        b"x",
    ],
)
def test_headers_that_say_nothing_promise_nothing(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x").write_bytes(raw)
    assert not breaks_off(Source(tmp_path / "x"))

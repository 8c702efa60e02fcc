"""What is in a video beside pictures and sound passes into the other file as it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from videos import Film, make, noise, shown, turn_over

STEREO = noise(0.5, 2)


def test_names_chapters_subtitles_and_rotation_stay(tmp_path: Path) -> None:
    film = Film(
        [STEREO],
        rotation=90,
        subtitles=[(0.1, 0.5, "Hi"), (0.6, 0.9, "you")],
        chapters=[(0, 0.5, "one"), (0.5, 1, "two")],
        names={"title": "A title", "comment": "A comment", "creation_time": "2026-01-02T03:04:05.000000Z"},
    )
    out = turn_over(make(tmp_path / "x.mp4", film)).path
    with av.open(str(out)) as container:
        assert film.names.items() <= container.metadata.items()
        chapters = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
        assert chapters == [(0, "one"), (Fraction(1, 2), "two")]
        text = [p for p in container.demux(container.streams.subtitles[0]) if p.size > 2]
        lines = [(p.pts * p.time_base, p.duration * p.time_base, bytes(p)[2:]) for p in text]
        assert lines == [(Fraction(1, 10), Fraction(4, 10), b"Hi"), (Fraction(6, 10), Fraction(3, 10), b"you")]
    with av.open(str(out)) as container:
        assert next(container.decode(video=0)).rotation == 90


def test_what_phones_note_stays(tmp_path: Path) -> None:
    names = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.location.ISO6709": "+52.5+013.4/"}
    out = turn_over(make(tmp_path / "x.mov", Film([STEREO], rotation=180, names=names))).path
    with av.open(str(out)) as container:
        assert names.items() <= container.metadata.items()
        assert next(container.decode(video=0)).rotation in (180, -180)


def test_attachments_and_subtitles_of_matroska_stay(tmp_path: Path) -> None:
    film = Film(
        [STEREO], subtitles=[(0.1, 0.5, "Hi")], subtitle_codec="subrip", attachment=("a.ttf", "font/ttf", b"123")
    )
    out = turn_over(make(tmp_path / "x.mkv", film)).path
    with av.open(str(out)) as container:
        (attached,) = container.streams.attachments
        assert (attached.name, attached.mimetype, attached.data) == ("a.ttf", "font/ttf", b"123")
        assert [bytes(p) for p in container.demux(container.streams.subtitles[0]) if p.size] == [b"Hi"]


def copy(source: Path, target: Path, data: str = "", cover: bytes = b"") -> Path:
    """The same video with a stream of data or a cover more."""
    with av.open(str(source)) as a, av.open(str(target), "w") as b:
        streams: dict[int, Any] = {s.index: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        extra: list[Any] = []
        if data:
            stream: Any = b.add_data_stream(data)
            extra = [(stream, b"data%d" % n, n) for n in range(3)]
        if cover and target.suffix == ".mkv":
            b.add_attachment("cover.png", "image/png", cover)
        elif cover:
            stream = b.add_stream("png", rate=25, width=32, height=32, pix_fmt="rgb24")
            stream.disposition = av.stream.Disposition.attached_pic
            extra = [(stream, cover, 0)]
        for stream, payload, time in extra:
            packet: Any = av.Packet(payload)
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 25), time, time
            packet.duration = 1
            b.mux(packet)
        for packet in a.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                b.mux(packet)
    return target


@pytest.mark.parametrize(("name", "codec"), [("gopro.mp4", "bin_data"), ("klv.ts", "klv")])
def test_data_stay(tmp_path: Path, name: str, codec: str) -> None:
    source = copy(make(tmp_path / "x.mp4", Film([STEREO])), tmp_path / name, data=codec)
    written = turn_over(source)
    assert written.notes == [] and shown(written.path)[0] == shown(source)[0]
    with av.open(str(source)) as a, av.open(str(written.path)) as b:
        kept = [[bytes(p) for p in c.demux(c.streams.data[0]) if p.size] for c in (a, b)]
        assert kept[0] == kept[1] == [b"data0", b"data1", b"data2"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cover_stays_a_cover(tmp_path: Path, suffix: str) -> None:
    codec: Any = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 32, 32, "rgb24", Fraction(1, 25)
    picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 99, np.uint8), "rgb24")
    png = bytes([*codec.encode(picture), *codec.encode(None)][0])
    source = copy(make(tmp_path / "x.mp4", Film([STEREO])), tmp_path / f"cover{suffix}", cover=png)
    written = turn_over(source)
    assert written.notes == [] and shown(written.path)[0] == shown(source)[0]
    with av.open(str(written.path)) as container:
        (cover,) = [s for s in container.streams.video if s.disposition & av.stream.Disposition.attached_pic]
        assert [bytes(p) for p in container.demux(cover) if p.size] == [png]


@pytest.mark.skipif(
    int(av.__version__.partition(".")[0]) < 18, reason="PyAV 17 does not hand on the rate it is counted in"
)
def test_a_time_code_stays(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mov", Film([STEREO], names={"timecode": "01:00:00:00"}))
    written = turn_over(source)
    assert written.notes == []
    with av.open(str(written.path)) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:00:00:00"
        assert len(container.streams) == 3


@pytest.mark.parametrize("letters", ["hvc1", "hev1"])
def test_the_letters_of_a_codec_stay(tmp_path: Path, letters: str) -> None:
    if "libx265" not in av.codecs_available:
        pytest.skip("PyAV's FFmpeg has no x265 here")
    source = make(tmp_path / "x.mp4", Film([STEREO], picture="libx265", times=[0, 24, 48], letters=letters))
    with av.open(str(turn_over(source).path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == letters

"""A changed video is of the kind that it was, with the codec that it had; where that cannot be, it is said."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from videos import Film, make, noise, offset, shown, turn_over

from unweave.audio import containers
from unweave.audio.containers import muxer_for, plans

STEREO = noise(0.6, 2)


def test_a_codec_that_cannot_be_written_becomes_another_one_which_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "x.mkv", Film([STEREO], sound_codecs=["mp2"]))
    monkeypatch.setattr(containers, "_EXPERIMENTAL", {"mp2"})
    written = turn_over(source)
    assert written.codec == "aac" and "MP2 cannot be written here, so the sound is AAC." in written.notes
    assert abs(offset(written.path, -STEREO, 0.0)) < 0.002 and shown(written.path)[0] == shown(source)[0]


def test_a_container_that_is_only_read_becomes_matroska_which_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Film([STEREO], subtitles=[(0.1, 0.5, "Hi"), (0.6, 0.9, "you")], rotation=90, chapters=[(0, 1, "one")])
    source = make(tmp_path / "x.mp4", film)
    monkeypatch.setattr(containers, "muxer_for", lambda container, path: None)
    written = turn_over(source)
    assert written.path == tmp_path / "out.mkv" and "mkv, because mp4 cannot hold it" in written.notes[0]
    assert shown(written.path)[0] == shown(source)[0]
    assert abs(offset(written.path, -STEREO, 0.0)) < 0.002
    with av.open(str(written.path)) as container:
        assert [c["metadata"]["title"] for c in container.chapters()] == ["one"]
        text = [p for p in container.demux(container.streams.subtitles[0]) if p.size]
        assert [(round(float(p.pts * p.time_base), 2), bytes(p)) for p in text] == [(0.1, b"Hi"), (0.6, b"you")]
    with av.open(str(written.path)) as container:
        assert next(container.decode(video=0)).rotation == 90


def test_pictures_that_an_edit_list_hides_are_spoken_of_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "x.mp4", Film([STEREO], times=[24 * n for n in range(-10, 25)]))
    monkeypatch.setattr(containers, "muxer_for", lambda container, path: None)
    written = turn_over(source)
    assert any("edit list" in note for note in written.notes)
    (old, _), (new, times) = shown(source), shown(written.path)
    assert new[-len(old) :] == old, "the hidden pictures come before"
    assert abs(offset(written.path, -STEREO, 0.0) - float(times[-len(old)])) < 0.002


def test_an_index_at_the_beginning_stays_at_the_beginning(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mp4", Film([STEREO]))
    assert not containers.begins_with_index(source) and not containers.begins_with_index(turn_over(source).path)
    with av.open(str(source)) as a, av.open(str(tmp_path / "fast.mp4"), "w", options={"movflags": "faststart"}) as b:
        streams = {s.index: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        for packet in a.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                b.mux(packet)
    assert containers.begins_with_index(turn_over(tmp_path / "fast.mp4").path)


def test_the_vorbis_of_a_webm_becomes_opus_in_a_webm(tmp_path: Path) -> None:
    source = make(tmp_path / "x.webm", Film([STEREO], sound_codecs=["vorbis"], picture="libvpx"))
    written = turn_over(source)
    assert written.path.suffix == ".webm" and written.codec == "libopus"
    assert written.notes == ["Vorbis cannot be written here, so the sound is Opus."]
    assert abs(offset(written.path, -STEREO, 0.0) - offset(source, STEREO, 0.0)) < 0.002
    assert shown(written.path)[0] == shown(source)[0]


@pytest.mark.parametrize(
    ("suffix", "muxer"), [(".mp4", "mp4"), (".mov", "mov"), (".mkv", "matroska"), (".3gp", "3gp"), (".ts", "mpegts")]
)
def test_the_kind_of_a_file_is_told_by_what_is_in_it(tmp_path: Path, suffix: str, muxer: str) -> None:
    path = make(tmp_path / f"x{suffix}", Film([noise(0.1)], times=[0, 24]))
    with av.open(str(path)) as container:
        assert muxer_for(container, path) == muxer


def test_the_best_plan_comes_first(tmp_path: Path) -> None:
    path = make(tmp_path / "x.mp4", Film([noise(0.1)], times=[0, 24]))
    with av.open(str(path)) as container:
        first = {codec: next(plans(container, path, codec, 48000, 6, "5.1(side)")) for codec in ("ac3", "dts", "mp3")}
    assert (first["ac3"].codec, first["ac3"].layout, first["ac3"].note) == ("ac3", "5.1(side)", "")
    assert (first["dts"].codec, first["dts"].layout) == ("aac", "5.1") and "DTS cannot be written" in first["dts"].note
    assert first["mp3"].codec == "aac", "mp3 has two channels at most"

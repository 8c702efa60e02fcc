"""A video with another sound: the same pictures, the new sound where the old one was, and everything else kept."""

from __future__ import annotations

import errno
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from videos import RATE, Film, make, noise, offset, pictures, sound

from unweave.audio import containers, video
from unweave.audio.io import open_audio
from unweave.audio.resampling import Resampler
from unweave.audio.video import VideoWriter, replace_sound
from unweave.audio.video_source import has_pictures, look
from unweave.errors import UnweaveError

STEREO = noise(1.0, 2)
STEADY = [24 * n for n in range(25)]
MPEG4 = {"picture": "mpeg4"}


def inverted(path: Path, stream: int = 0, size: int = 30000) -> Any:
    """What the reader reads, upside down: a sound that is surely not the old one."""
    reader = open_audio(path, stream)
    return (-block for block in reader.blocks(size)), reader.sample_rate, reader.channels


def turn_over(path: Path, stream: int = 0) -> VideoWriter:
    blocks, rate, channels = inverted(path, stream)
    return replace_sound(path, path.with_name(f"out{path.suffix}"), blocks, rate, channels, stream=stream)


def shown(path: Path) -> tuple[list[str], list[Fraction]]:
    hashes, times = zip(*pictures(path), strict=True)
    return list(hashes), list(times)


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("b-frames.mp4", Film([STEREO])),
        ("b-frames-of-mpeg4.mp4", Film([STEREO], **MPEG4)),
        ("late.mp4", Film([STEREO], [0.5])),
        ("cut.mp4", Film([STEREO], times=[24 * n for n in range(-10, 25)])),
        ("uneven.mp4", Film([STEREO], times=[0, 24, 60, 61, 100, 300, 310, 400, 590])),
        ("late-pictures.mp4", Film([STEREO], times=[24 * n for n in range(10, 35)])),
        ("plain.mov", Film([STEREO], sound_codecs=["pcm_s16le"])),
        ("opus.mkv", Film([STEREO], [0.3], ["libopus"])),
        ("film.mkv", Film([noise(1.0, 6)], sound_codecs=["ac3"])),
        ("late.mkv", Film([STEREO], [0.3], times=STEADY[2:])),
        ("flac.mkv", Film([STEREO], sound_codecs=["flac"])),
        ("web.webm", Film([STEREO], sound_codecs=["libopus"], picture="libvpx")),
        ("tv.ts", Film([STEREO], [0.3])),
        ("disc.mpg", Film([STEREO], [0.3], ["mp2"], picture="mpeg2video")),
        ("old.flv", Film([STEREO], [0.3])),
        ("old.wmv", Film([STEREO], [0.3], ["wmav2"], picture="msmpeg4")),
        ("mp3.avi", Film([STEREO], sound_codecs=["libmp3lame"], **MPEG4)),
        ("ac3.avi", Film([STEREO], sound_codecs=["ac3"], **MPEG4)),
        ("pcm.avi", Film([STEREO], sound_codecs=["pcm_s16le"], picture="mjpeg")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pictures_stay_and_the_new_sound_is_where_the_old_one_was(tmp_path: Path, name: str, film: Film) -> None:
    source = make(tmp_path / name, film)
    written = turn_over(source)
    assert written.notes == [] and written.path == tmp_path / f"out{source.suffix}"
    hashes, times = shown(source)
    new_hashes, new_times = shown(written.path)
    assert new_hashes == hashes, "another picture, or one too few or too many"
    moved = new_times[0] - times[0]  # some containers begin a little later, with everything in them
    assert all(abs(new - old - moved) <= 0.002 for old, new in zip(times, new_times, strict=True))
    assert moved == 0 or source.suffix == ".mpg"
    late = offset(written.path, -film.sounds[0], film.starts[0]) - float(moved)
    assert abs(late - offset(source, film.sounds[0], film.starts[0])) < 0.002
    with av.open(str(source)) as a, av.open(str(written.path)) as b:
        assert a.format.name == b.format.name
        assert a.streams.audio[0].codec_context.name == b.streams.audio[0].codec_context.name
        assert b.streams.audio[0].codec_context.sample_rate == RATE
        assert b.streams.audio[0].codec_context.layout.name == a.streams.audio[0].codec_context.layout.name
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([source.name, written.path.name])


@pytest.mark.parametrize("stream", [0, 1])
def test_of_two_sounds_the_chosen_one_is_replaced_and_the_other_copied(tmp_path: Path, stream: int) -> None:
    sounds, starts = [STEREO, noise(1.0, 1, 5)], [0.25, 0.0]
    names = [{"language": "deu", "title": "Ton"}, {"language": "eng"}]
    film = Film(sounds, starts, ["aac", "aac"], sound_names=names)
    for name in ("two.mp4", "two.mkv"):
        source = make(tmp_path / name, film)
        out = turn_over(source, stream).path
        assert shown(out)[0] == shown(source)[0]
        other = 1 - stream
        assert abs(offset(out, -sounds[stream], starts[stream], stream)) < 0.002
        with av.open(str(source)) as a, av.open(str(out)) as b:
            old = [bytes(p) for p in a.demux(a.streams.audio[other]) if p.size]
            assert [bytes(p) for p in b.demux(b.streams.audio[other]) if p.size] == old
            assert [s.language for s in b.streams.audio] == ["deu", "eng"]
            assert [s.disposition for s in b.streams.audio] == [s.disposition for s in a.streams.audio]
        assert abs(offset(out, sounds[other], starts[other], other)) < 0.002


def test_the_samples_may_begin_elsewhere_than_the_old_sound(tmp_path: Path) -> None:
    source = make(tmp_path / "late.mp4", Film([STEREO], [0.5]))
    for start in (0.0, 0.01, 1.0):
        new = noise(1.0, 2, 7)
        out = replace_sound(source, tmp_path / "out.mp4", [new], RATE, 2, start=start).path
        assert abs(offset(out, new, start)) < 1e-4
        assert shown(out) == shown(source)


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


def test_a_rate_that_the_codec_does_not_have_is_changed_in_the_file_alone(tmp_path: Path) -> None:
    source = make(tmp_path / "x.webm", Film([STEREO], sound_codecs=["libopus"], picture="libvpx"))
    fine = noise(1.0, 2, 3, rate=RATE)
    coarse = Resampler(RATE, 44100, 2)
    blocks = [coarse.push(fine), coarse.finish()]
    written = replace_sound(source, tmp_path / "y.webm", blocks, 44100, 2)
    assert written.notes == ["Its rate is 48000 Hz."]
    assert abs(offset(written.path, fine, 0.0)) < 0.002
    assert abs(sound(written.path)[0].shape[1] - RATE) < 1000


def test_too_loud_is_clipped_and_counted_where_numbers_are_whole(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mov", Film([STEREO], sound_codecs=["pcm_s16le"]))
    loud = np.zeros((2, 4800), np.float32)
    loud[0, :3], loud[1, 0] = (1.5, -2.0, 1.0), np.nan
    written = replace_sound(source, tmp_path / "y.mov", [loud], RATE, 2)
    assert written.clipped == 2 and written.samples == 4800
    y, _ = sound(written.path)
    np.testing.assert_allclose(y[:, :4], [[1, -1, 1, 0], [0, 0, 0, 0]], atol=2**-14)


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


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mp4", Film([noise(20.0)], times=[600 * n for n in range(20)]))

    def peak(seconds: int) -> int:
        blocks = (np.zeros((1, 4800), np.float32) for _ in range(10 * seconds))
        tracemalloc.start()
        replace_sound(source, tmp_path / "y.mp4", blocks, RATE, 1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is imported once
    assert peak(20) < peak(5) + 200_000


def test_pictures_or_none(tmp_path: Path) -> None:
    assert has_pictures(make(tmp_path / "x.mp4", Film([STEREO])))
    assert not has_pictures(make(tmp_path / "x.m4a", Film([STEREO], times=[]), "ipod"))


def test_an_error_leaves_nothing_and_keeps_the_older_file(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mp4", Film([STEREO]))
    (tmp_path / "y.mp4").write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), VideoWriter(source, tmp_path / "y.mp4", RATE, 2) as writer:
        writer.write(STEREO)
        raise KeyboardInterrupt
    assert (tmp_path / "y.mp4").read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make(tmp_path / "x.mp4", Film([STEREO]))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(video.VideoOutput, "write", full)
    with pytest.raises(UnweaveError, match="disk is full"), VideoWriter(source, tmp_path / "y.mp4", RATE, 2) as writer:
        writer.write(STEREO)
    assert [p.name for p in tmp_path.iterdir()] == ["x.mp4"]


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mp4", Film([STEREO]))
    mute = make(tmp_path / "mute.mp4", Film([], []))
    (tmp_path / "broken.mp4").write_bytes(source.read_bytes()[:300])
    files = sorted(tmp_path.iterdir())
    for arguments, options, says in [
        ((mute, tmp_path / "y.mp4", RATE, 2), {}, "mute.mp4 has no sound"),
        ((source, tmp_path / "y.mp4", RATE, 2), {"stream": 3}, "no number 3"),
        ((source, tmp_path / "y.mp4", RATE, 1), {}, "has 2 channels"),
        ((source, source, RATE, 2), {}, "written over while it is read"),
        ((source, tmp_path / "there" / "y.mp4", RATE, 2), {}, "does not exist"),
        ((source, tmp_path, RATE, 2), {}, "is a folder"),
        ((tmp_path / "none.mp4", tmp_path / "y.mp4", RATE, 2), {}, "There is no file"),
        ((tmp_path / "broken.mp4", tmp_path / "y.mp4", RATE, 2), {}, "broken.mp4"),
    ]:
        with pytest.raises(UnweaveError, match=says):
            VideoWriter(*arguments, **options)  # type: ignore[arg-type]
        assert sorted(tmp_path.iterdir()) == files
    with pytest.raises(UnweaveError, match="does not fit"), VideoWriter(source, tmp_path / "y.mp4", RATE, 2) as writer:
        writer.write(STEREO[:1])


def test_where_a_sound_begins_is_found(tmp_path: Path) -> None:
    found = look(make(tmp_path / "x.mkv", Film([STEREO], [0.3], ["flac"])))
    assert (found.codec, found.sample_rate, found.channels, found.layout) == ("flac", RATE, 2, "stereo")
    assert abs(float(found.start) - 0.3) < 0.001

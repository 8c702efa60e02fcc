"""A video with another sound: the same pictures, and the new sound where the old one was."""

from __future__ import annotations

import errno
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from videos import RATE, Film, make, noise, offset, shown, turn_over

from unweave.audio import video
from unweave.audio.video import VideoWriter, replace_sound
from unweave.errors import UnweaveError

STEREO = noise(1.0, 2)
STEADY = [24 * n for n in range(25)]
MPEG4 = {"picture": "mpeg4"}


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
    assert moved == 0 or (source.suffix in (".mpg", ".wmv", ".flv") and 0 < moved < 0.3)
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


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mp4", Film([noise(8.0)], times=[600 * n for n in range(8)]))

    def peak(seconds: int) -> int:
        blocks = (np.zeros((1, 4800), np.float32) for _ in range(10 * seconds))
        tracemalloc.start()
        replace_sound(source, tmp_path / "y.mp4", blocks, RATE, 1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is imported once
    assert peak(8) < peak(2) + 100_000


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

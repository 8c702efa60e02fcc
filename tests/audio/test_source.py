"""What may be read: regular files, and open files and bytes that somebody else holds; nothing that could wait."""

from __future__ import annotations

import errno
import io
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.audio.io import open_audio, read_audio
from unweave.audio.source import Slice, Source, View
from unweave.errors import UnweaveError


def raw(format: str = "WAV", channels: int = 2) -> bytes:
    file = io.BytesIO()
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (30000, channels))
    soundfile.write(file, x, 44100, format=format)
    return file.getvalue()


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_bytes_and_open_files_are_read_like_files(tmp_path: Path, format: str) -> None:
    data = raw(format)
    path = tmp_path / "x"
    path.write_bytes(data)
    wanted, rate = read_audio(path)
    held = io.BytesIO(data)
    held.seek(7)
    with open(path, "rb") as plain, open(path, "rb", buffering=0) as bare, tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(data)
        for place in (held, plain, bare, spooled):
            before = place.tell()
            with open_audio(place) as reader:  # type: ignore[arg-type]
                for size in (999, 40000):
                    np.testing.assert_array_equal(np.concatenate(list(reader.blocks(size)), axis=1), wanted)
                assert reader.sample_rate == rate
            assert place.tell() == before and not place.closed
        assert str(open_audio(plain).path) == str(path)


class OneWay(io.RawIOBase):
    """A stream that cannot go back, as that of a web server."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        got, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(got)] = got
        return len(got)


def test_streams_that_cannot_go_back_are_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = raw()
    wanted = read_audio(io.BytesIO(data))[0]
    np.testing.assert_array_equal(read_audio(OneWay(data))[0], wanted)  # type: ignore[arg-type]
    read, write = os.pipe()
    feeding = threading.Thread(
        target=lambda: (os.write(write, data[:60000]), os.write(write, data[60000:]), os.close(write))
    )
    feeding.start()
    with open(read, "rb") as pipe:
        np.testing.assert_array_equal(read_audio(pipe)[0], wanted)
    feeding.join()

    class Standard:
        buffer = OneWay(data)

    monkeypatch.setattr(sys, "stdin", Standard)
    for _ in range(2):  # it may be opened again, though it came only once
        with open_audio("-") as reader:
            assert sum(block.shape[1] for block in reader.blocks(1000)) == 30000 and str(reader.path) == "stdin"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UnweaveError, match="no standard input"):
        open_audio("-")


def test_objects_that_give_no_bytes_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("words")
    with open(tmp_path / "x.txt") as text, pytest.raises(UnweaveError, match=r"x\.txt is open as text"):
        open_audio(text)  # type: ignore[arg-type]
    with pytest.raises(UnweaveError, match="open as text"):
        open_audio(io.StringIO("words"))  # type: ignore[arg-type]
    with pytest.raises(UnweaveError, match="is empty"):
        open_audio(io.BytesIO())
    closed = io.BytesIO(raw())
    closed.close()
    with pytest.raises(UnweaveError, match="closed"):
        open_audio(closed)
    gone = io.BytesIO(raw())
    with open_audio(gone) as reader:
        gone.close()
        with pytest.raises(UnweaveError, match="could not be read any further"):
            list(reader.blocks(1000))


def test_what_could_wait_or_never_end_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "pipe.wav")
    (tmp_path / "null.wav").symlink_to("/dev/zero")
    here = socket.socket(socket.AF_UNIX)
    here.bind(str(tmp_path / "s"))
    cases = [
        ("pipe.wav", "a pipe, not a regular file"),
        ("link.wav", "a pipe, not a regular file"),
        ("null.wav", "a device, not a regular file"),
        ("s", "a socket, not a regular file"),
        (".", "a folder"),
        ("none", "no file"),
        ("pipe.wav/x", "no file"),
        ("x" * 300, "cannot be opened"),
        ("a\0b", "no file"),
    ]
    for name, says in cases:
        with pytest.raises(UnweaveError, match=says) as caught:
            Source(f"{tmp_path}/{name}")
        assert len(str(caught.value)) < 400 and "\0" not in str(caught.value)
    here.close()
    if Path("/proc/self/maps").exists():
        with pytest.raises(UnweaveError, match="no bytes"):
            Source("/proc/self/maps")


def test_a_file_that_becomes_a_pipe_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "x.wav")
    monkeypatch.setattr("unweave.audio.source.check_regular", lambda path: None)
    with pytest.raises(UnweaveError, match="not a regular file"):
        Source(tmp_path / "x.wav")


def test_a_failing_disk_ends_the_file_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = os.pread

    def failing(number: int, size: int, offset: int) -> bytes:
        if offset > 60000:
            raise OSError(errno.EIO, "Input/output error")
        return real(number, size, offset)

    for format in ("WAV", "FLAC", "MP3"):
        (tmp_path / "x").write_bytes(raw(format))
        reader = open_audio(tmp_path / "x")
        with monkeypatch.context() as patch, pytest.raises(UnweaveError, match="Input/output error"):
            patch.setattr(os, "pread", failing if format != "MP3" else lambda *a: failing(a[0], a[1], a[2] + 60001))
            list(reader.blocks(1000))
    assert capfd.readouterr().err == ""


def test_views_have_places_of_their_own_and_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(100)))
    part = Slice(Source(tmp_path / "x"), 10, 20)
    one, two = View(part), View(part)
    assert one.read(4) == bytes(range(10, 14)) and two.read(100) == bytes(range(10, 20)) and one.tell() == 4
    assert one.seek(-2, 2) == 8 and one.read() == bytes([18, 19]) and one.read(5) == b""
    assert one.seek(-50) == 0 and one.seek(3, 1) == 3 and one.seek(500) == 500 and one.read(1) == b""


def test_a_reader_that_is_forgotten_lets_go_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(raw())
    number = os.open(tmp_path / "x.wav", os.O_RDONLY)
    os.close(number)
    for _ in range(50):
        list(open_audio(tmp_path / "x.wav").blocks(10000))
    after = os.open(tmp_path / "x.wav", os.O_RDONLY)
    os.close(after)
    assert after <= number + 5

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

from unweave.audio.pcm import PcmFormat
from unweave.cli.stream_pipes import Incoming, Stop, format_of, pieces
from unweave.errors import UnweaveError


def incoming(*parts: bytes, stop: Stop | None = None) -> Incoming:
    """Bytes that come piece by piece."""
    left = list(parts)
    return Incoming(lambda count: left.pop(0)[:count] if left else b"", stop or Stop())


WAV = PcmFormat(22050, 2, "s16le", wav=True)


def test_bytes_come_as_they_are_cut_and_are_joined_where_they_are_counted() -> None:
    there = incoming(b"ab", b"c", b"defg")
    assert there.exactly(3) == b"abc" and there.exactly(2) == b"de"
    there.again(b"xy")
    assert (there.some(), there.some(), there.some()) == (b"xyfg", b"", b"")
    assert there.exactly(5) == b""


def test_frames_stay_whole_however_bytes_are_cut() -> None:
    form = PcmFormat(8000, 2, "s24le")
    data = bytes(range(256)) * 3
    cut = [data[i : i + 7] for i in range(0, len(data), 7)]
    given = list(pieces(incoming(*cut), form))
    assert all(len(one) % form.frame == 0 for one in given)
    assert b"".join(given) == data[: len(data) // form.frame * form.frame]


def test_what_follows_the_samples_is_not_played() -> None:
    form = PcmFormat(8000, 1, "s16le", wav=True, size=10)
    assert b"".join(pieces(incoming(b"12345678", b"90LIST...."), form)) == b"1234567890"


def test_wav_says_what_it_is_and_raw_samples_are_what_they_are_said_to_be() -> None:
    header = WAV.header()
    there = incoming(header[:5], header[5:] + b"1234")
    assert format_of(there, None, None, None) == WAV
    assert there.some() == b"1234"
    assert format_of(incoming(header), 22050, 2, "s16le") == WAV
    there = incoming(b"Ri", b"ght")
    assert format_of(there, 8000, None, "f32le") == PcmFormat(8000, 1, "f32le")
    assert there.exactly(9) == b"Right"
    assert format_of(incoming(), 8000, 2, None) == PcmFormat(8000, 2, "s16le")


@pytest.mark.parametrize(
    ("data", "said", "says"),
    [
        (b"raw!", (None, None, None), "need --rate"),
        (b"raw!", (8000, None, "mp3"), "no sample format 'mp3'"),
        (WAV.header(), (8000, None, None), "says 22050 and --rate says 8000"),
        (WAV.header(), (None, 1, None), "leave out --channels"),
        (WAV.header(), (None, None, "f32le"), "leave out --sample-format"),
        (b"raw!", (8000, 0, None), "channels"),
    ],
)
def test_what_nobody_can_know_is_asked_for(data: bytes, said: tuple[int, int, str], says: str) -> None:
    with pytest.raises(UnweaveError, match=says):
        format_of(incoming(data), *said)


def test_a_signal_ends_the_stream_with_what_had_come_in() -> None:
    """Even if whoever writes neither writes nor leaves."""
    more, ready = threading.Event(), [b"first", b"second"]

    def read(count: int) -> bytes:
        if ready:
            return ready.pop(0)
        os.kill(os.getpid(), signal.SIGINT)
        more.wait()
        return b"too late"

    before = signal.getsignal(signal.SIGINT)
    with Stop().heard() as stop:
        there = Incoming(read, stop)
        got = [there.some()]
        while data := there.some():
            got.append(data)
        assert b"".join(got) == b"firstsecond" and stop.asked
        with pytest.raises(KeyboardInterrupt):  # somebody who says it twice does not want to wait
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(5)
    more.set()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_source_that_cannot_be_read_is_told() -> None:
    def read(count: int) -> bytes:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Incoming(read, Stop()).some()


def test_a_writer_that_is_faster_waits() -> None:
    given = 0

    def read(count: int) -> bytes:
        nonlocal given
        given += 1
        return bytes(np.zeros(100, np.uint8)) if given < 10_000 else b""

    there = Incoming(read, Stop())
    there.some()
    assert given < 200


def test_what_has_waited_for_too_long_is_left_out_and_said_where_that_is_wanted() -> None:
    """A microphone goes on recording while networks are loaded."""
    form, said = PcmFormat(1000, 1, "s16le"), []
    second = [bytes([number]) * 200 for number in range(10)]  # 0.1 s each

    def late() -> Incoming:
        there = incoming(*second)
        while there.waiting < 2000:
            pass
        return there

    assert b"".join(pieces(late(), form)) == b"".join(second)
    given = b"".join(pieces(late(), form, 0.25, said.append))
    assert given == b"".join(second[7:])
    assert said == ["0.70 s of the input are left out so far: they had waited for too long."]
    said.clear()
    assert b"".join(pieces(late(), form, 1.0, said.append)) == b"".join(second) and said == []


def test_frames_stay_whole_where_some_are_left_out() -> None:
    form = PcmFormat(1000, 1, "s24le")
    data = b"".join(bytes([number, number, number]) for number in range(100))
    there = incoming(*[data[at : at + 7] for at in range(0, 300, 7)])
    while there.waiting < 300:
        pass
    given = b"".join(pieces(there, form, 0.05))
    assert 100 < len(given) <= 160 and given == data[-len(given) :]

"""Sound through standard input and output, read in a thread of its own so that signals find the main thread awake."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from unweave.audio.pcm import FORMATS, RIFF, PcmFormat, read_header
from unweave.errors import UnweaveError

READ = 1 << 16  # bytes at most at once: what is there is taken, however little
WAITING = 64  # pieces that may wait for the networks; then whoever writes has to
MOST_CHANNELS = 64
QUIET = 5.0  # s of sound between two sentences on what was left out
PATIENCE = 0.1  # s after which it is looked whether somebody has said stop

Read = Callable[[int], bytes]


class Stop:
    """Somebody said that it is enough: what came in until then is still given out."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def heard(self) -> Iterator[Stop]:
        """SIGINT and SIGTERM say so; the second one ends at once."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.getsignal(number) for number in numbers]

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        for number in numbers:
            signal.signal(number, ask)
        try:
            yield self
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


class Incoming:
    """Bytes as they come.

    Args:
        read: gives some of the next bytes, at most so many, and none at the end.
        stop: looked at while nothing comes.
    """

    def __init__(self, read: Read, stop: Stop) -> None:
        self._read, self._stop = read, stop
        self._queue: queue.Queue[bytes | BaseException] = queue.Queue(WAITING)
        self._held = b""
        # A daemon: nobody can wake it where it waits for a writer that neither writes nor leaves.
        threading.Thread(target=self._listen, name="standard input", daemon=True).start()

    @property
    def waiting(self) -> int:
        """Bytes that have come and were not asked for yet, as far as they were read."""
        with self._queue.mutex:
            return sum(len(data) for data in self._queue.queue if isinstance(data, bytes))

    def some(self) -> bytes:
        """What has come; b"" at the end, or once somebody has said stop."""
        if self._held:
            data, self._held = self._held, b""
            return data
        while not self._stop.asked:
            try:
                data_or_error = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            if isinstance(data_or_error, BaseException):
                raise data_or_error
            if not data_or_error:
                self._queue.put(b"")  # the end stays the end
            return data_or_error
        return self._left()

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes; fewer at the end."""
        data = b""
        while len(data) < count and (more := self.some()):
            data += more
        self._held = data[count:]
        return data[:count]

    def again(self, data: bytes) -> None:
        """Put back what was looked at."""
        self._held = data + self._held

    def _left(self) -> bytes:
        """What had come in before somebody said stop."""
        try:
            data = self._queue.get_nowait()
        except queue.Empty:
            return b""
        return data if isinstance(data, bytes) else b""

    def _listen(self) -> None:
        try:
            while (data := self._read(READ)) and not self._stop.asked:
                self._queue.put(data)
            self._queue.put(b"")
        except BaseException as error:  # told where it can be told to somebody
            self._queue.put(error)


def standard_input() -> Read:
    """Reads what is there of standard input."""
    if sys.stdin.isatty():
        raise UnweaveError(
            "A stream comes from another program: ffmpeg -i ... -f wav - | unweave stream ... | ..., or from a sound "
            "device: --input-device."
        )
    try:
        number = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):  # not a file, as in a test
        return sys.stdin.buffer.read
    return lambda count: os.read(number, count)


def format_of(incoming: Incoming, rate: int | None, channels: int | None, samples: str | None) -> PcmFormat:
    """What comes in: WAV says it itself, raw samples are as they are said to be.

    Raises:
        UnweaveError: nobody says it, or both say something else.
    """
    if samples is not None and samples not in FORMATS:
        raise UnweaveError(f"There is no sample format {samples!r}; choose from {', '.join(FORMATS)}.")
    first = incoming.exactly(4)
    if first in RIFF:
        found = read_header(first, incoming.exactly)
        for name, said, there in (
            ("--rate", rate, found.sample_rate),
            ("--channels", channels, found.channels),
            ("--sample-format", samples, found.samples),
        ):
            if said is not None and said != there:
                raise UnweaveError(f"The WAV stream says {there} and {name} says {said}; leave out {name}.")
        return found
    incoming.again(first)
    if rate is None:
        raise UnweaveError(
            "Raw samples need --rate, and --channels and --sample-format where they are not 1 and s16le; or send a WAV "
            "stream, which says it itself."
        )
    if channels is not None and not 1 <= channels <= MOST_CHANNELS:
        raise UnweaveError(f"A stream has 1 to {MOST_CHANNELS} channels, not {channels}.")
    return PcmFormat(rate, 1 if channels is None else channels, samples or "s16le")


def pieces(
    incoming: Incoming, form: PcmFormat, most: float | None = None, tell: Callable[[str], None] = lambda text: None
) -> Iterator[bytes]:
    """Whole frames as they come, until the end or the size that the header speaks of.

    Args:
        incoming: where they come from.
        form: what they are.
        most: s that may wait; of more, the oldest are left out. None: nothing is, and what waits makes all of it later.
        tell: called with how much that is, now and then.
    """
    left, held, second = form.size, b"", form.sample_rate * form.frame
    lost = told = came = after = 0
    while left is None or left > 0:
        data = incoming.some()
        if not data:
            break
        if left is not None:
            data = data[:left]
            left -= len(data)
        held += data
        whole, came = len(held) // form.frame * form.frame, came + len(data)
        if most is not None and incoming.waiting > most * second:
            lost += whole
        elif whole:
            if lost > told and came >= after:
                told, after = lost, came + round(QUIET * second)
                tell(_left_out(lost, second))
            yield held[:whole]
        held = held[whole:]
    if lost > told:
        tell(_left_out(lost, second))


def _left_out(lost: int, second: int) -> str:
    return f"{lost / second:.2f} s of the input are left out so far: they had waited for too long."

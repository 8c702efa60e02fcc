"""What is read: a regular file, kept open while its reader lives, or bytes that somebody else holds.

One handle serves every pass, so a file that is renamed, replaced or removed meanwhile is read to its end all the same;
what was written to it is noticed. Nothing is ever read that could wait or never end: a device, a pipe, `/proc`.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import tempfile
import threading
import weakref
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from unweave.errors import UnweaveError
from unweave.regular import check_regular

PathLike = str | os.PathLike[str]
_PIECE = 1 << 20


class Bytes(Protocol):
    """Bytes of a known number that may be read from anywhere, by several readers at once."""

    path: Path
    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer at the end, or where the file fails."""
        ...


class Source:
    """A file, or an open file or `BytesIO`, for as long as it is needed.

    Args:
        place: a path; "-" for standard input; or an object with `read`. What cannot seek is first copied to a
            temporary file.

    Attributes:
        path: the file; for an object its name, or "(open file)".
        size: bytes when it was opened; what is added later is not read.

    Raises:
        UnweaveError: nothing there, not a regular file, empty, or it may not be read.
    """

    def __init__(self, place: PathLike | BinaryIO) -> None:
        self._bytes: _Descriptor | _Held
        if isinstance(place, (str, os.PathLike)) and os.fspath(place) == "-":
            self.path = Path("stdin")
            self._bytes = _Descriptor(os.dup(_standard_input(sys.stdin)))
        elif isinstance(place, (str, os.PathLike)):
            self.path = Path(place)
            self._bytes = _Descriptor(_opened(self.path))
        else:
            name = getattr(place, "name", None)
            self.path = Path(name) if isinstance(name, str) and name else Path("(open file)")
            self._bytes = _Held(place, self.path) if _seeks(place) else _Descriptor(_copied(place, str(self.path)))
        self.size, self._stamp = self._bytes.size(), self._bytes.stamp()
        self._fault: OSError | None = None
        if not self.size:
            self.close()
            raise UnweaveError(f"{self.path} is empty: it has no bytes in it.")

    def read_at(self, offset: int, size: int) -> bytes:
        """See `Bytes.read_at`; a fault of the disk ends the file and is told by `trouble`."""
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        try:
            return self._bytes.read_at(offset, size)
        except (OSError, ValueError) as error:  # ValueError: an open file that was closed meanwhile
            self._fault = error if isinstance(error, OSError) else OSError(str(error))
            return b""

    def trouble(self) -> str | None:
        """What happened to the file since it was opened, as the end of a sentence; None if nothing did."""
        if self._fault is not None:
            return f"could not be read any further ({self._fault.strerror or self._fault})"
        try:
            now, stamp = self._bytes.size(), self._bytes.stamp()
        except (OSError, ValueError) as error:
            return f"could not be read any further ({error})"
        if now == 0:
            return "was emptied"
        if now < self.size:
            return "was cut shorter"
        return "was written to" if stamp != self._stamp else None

    @property
    def shrunk(self) -> bool:
        """Whether bytes that were there when it was opened are gone, or cannot be read."""
        return (self.trouble() or "was written to") != "was written to"

    def close(self) -> None:
        """Let go of the file; an object that was given stays open, at the place at which it was."""
        self._bytes.close()


class Slice:
    """A stretch of other bytes, `start` to `end`."""

    def __init__(self, whole: Bytes, start: int, end: int) -> None:
        self.path, self.size = whole.path, end - start
        self._whole, self._start = whole, start

    def read_at(self, offset: int, size: int) -> bytes:
        """See `Bytes.read_at`."""
        return self._whole.read_at(self._start + offset, min(size, self.size - offset)) if offset < self.size else b""


class View(io.RawIOBase):
    """Bytes as a file object with a place of its own. It never raises: libraries in C call it.

    Args:
        data: what is read.
        name: for FFmpeg, which knows some headerless formats by their ending.
    """

    def __init__(self, data: Bytes, name: str | None = None) -> None:
        self._data, self._place = data, 0
        if name is not None:
            self.name = name

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something."""
        got = self._data.read_at(self._place, len(buffer))
        buffer[: len(got)] = got
        self._place += len(got)
        return len(got)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go there; what lies before the start is the start."""
        base = (0, self._place, self._data.size)[whence] if whence in (0, 1, 2) else 0
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """Where it is."""
        return self._place


class _Descriptor:
    """A file on disk, read by offset, so that readers do not move each other."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        self._closing = weakref.finalize(self, os.close, number)

    def size(self) -> int:
        return os.fstat(self._number).st_size

    def stamp(self) -> tuple[int, int]:
        now = os.fstat(self._number)
        return now.st_size, now.st_mtime_ns

    def read_at(self, offset: int, size: int) -> bytes:
        if not self._closing.alive:
            raise ValueError("it is closed")
        if hasattr(os, "pread"):
            return os.pread(self._number, size, offset)
        with self._lock:
            os.lseek(self._number, offset, os.SEEK_SET)
            return os.read(self._number, size)

    def close(self) -> None:
        self._closing()


class _Held:
    """An object of somebody else."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        try:
            self._before = file.tell()
            self._size = file.seek(0, io.SEEK_END)
            file.seek(0)
            probe: object = file.read(0)
        except (OSError, ValueError) as error:
            raise UnweaveError(f"{path} cannot be read: {error}.") from error
        if not isinstance(probe, bytes):
            raise UnweaveError(f'{path} is open as text; open it with mode "rb".')

    def size(self) -> int:
        return self._size

    def stamp(self) -> tuple[int, int]:
        return self._size, 0

    def read_at(self, offset: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def close(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.seek(self._before)


def _opened(path: Path) -> int:
    """A descriptor of the file; opened so that nothing waits, even if it became a pipe since it was looked at."""
    check_regular(path)
    try:
        with open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | _AT_ONCE)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnweaveError(f"{path} is not a regular file; give a recording on disk.")
            return os.dup(file.fileno())
    except PermissionError as error:
        raise UnweaveError(f"{path} may not be read: permission is denied.") from error
    except FileNotFoundError:
        raise UnweaveError(f"There is no file {path} any more; it was there a moment ago.") from None
    except OSError as error:
        raise UnweaveError(f"{path} cannot be opened: {error.strerror or error}.") from error


_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _seeks(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except (AttributeError, ValueError):
        return hasattr(file, "seek") and hasattr(file, "tell")


@lru_cache(maxsize=1)
def _standard_input(stream: Any) -> int:
    """A descriptor of a copy of what comes in, which can be read only once but may be asked for again."""
    if stream is None:
        raise UnweaveError("There is no standard input to read - from; give a file.")
    return _copied(getattr(stream, "buffer", stream), "Standard input")


def _copied(file: Any, name: str) -> int:
    """A descriptor of a temporary copy of a stream; the copy vanishes when it is closed."""
    try:
        with tempfile.TemporaryFile() as copy:
            while piece := file.read(_PIECE):
                if not isinstance(piece, bytes):
                    raise UnweaveError(f'{name} is open as text; open it with mode "rb".')
                copy.write(piece)
            copy.flush()
            return os.dup(copy.fileno())
    except (OSError, ValueError, AttributeError) as error:
        if isinstance(error, UnweaveError):
            raise
        raise UnweaveError(f"{name} cannot be read to its end: {error}.") from error

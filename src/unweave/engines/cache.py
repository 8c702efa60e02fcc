"""Compiled networks on disk, so that the second start is quick; what is damaged or cannot be kept is made again.

Beside each of them a note of a word or a number tells later processes what earlier ones have found out about it.
"""

from __future__ import annotations

import contextlib
import os
import struct
import time
import zlib
from pathlib import Path

from unweave.atomic import complete_file
from unweave.errors import UnweaveError

MOST_BYTES = 1_500_000_000  # of all files together; those not used for longest go first
REMEMBERED = 7 * 24 * 3600.0  # s, of notes
_HEADER = struct.Struct("<4sIQ")  # mark, checksum, length
_MARK = b"UWE1"


class Cache:
    """Bytes by name in a folder.

    Args:
        folder: made when something is first written; None to keep nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """What was written under a name; None if there is nothing, or something damaged."""
        if self.folder is None:
            return None
        file = self.folder / f"{name}.bin"
        try:
            data = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        if len(data) < _HEADER.size:
            return None
        mark, checksum, length = _HEADER.unpack_from(data)
        body = data[_HEADER.size :]
        whole = mark == _MARK and length == len(body) and checksum == zlib.crc32(body)
        return body if whole else None

    def size(self, name: str) -> int | None:
        """Bytes of what was written under a name, unread and unchecked; None if there is nothing."""
        if self.folder is None:
            return None
        try:
            return (self.folder / f"{name}.bin").stat().st_size - _HEADER.size
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Keep bytes under a name, if that is possible."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError, UnweaveError):
            with complete_file(self.folder / f"{name}.bin") as part, open(part, "wb") as file:
                file.write(_HEADER.pack(_MARK, zlib.crc32(data), len(data)))
                file.write(data)
            _make_room(self.folder)

    def note(self, name: str) -> str:
        """What was last noted of a name, which need not be there itself; "" if nothing.

        Notes are forgotten after a week: the machine may have been busy with something else.
        """
        if self.folder is None:
            return ""
        file = self.folder / f"{name}.note"
        try:
            return "" if _is_old(file) else file.read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""

    def write_note(self, name: str, text: str) -> None:
        """Note something of a name, if that is possible; of two processes that do so at once, one is heard."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError, UnweaveError), complete_file(self.folder / f"{name}.note") as part:
            part.write_text(text, encoding="ascii")


def _make_room(folder: Path) -> None:
    known = sorted(((file.stat(), file) for file in folder.glob("*.bin")), key=lambda one: -one[0].st_mtime)
    total = 0
    for number, (status, file) in enumerate(known):
        total += status.st_size
        if number and total > MOST_BYTES:
            file.unlink()
    for file in folder.glob("*.note"):
        if _is_old(file):
            file.unlink()


def _is_old(note: Path) -> bool:
    return time.time() - note.stat().st_mtime > REMEMBERED

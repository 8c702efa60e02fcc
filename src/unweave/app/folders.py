"""One private folder for all files of a server, gone when it ends; what a killed server left is taken away."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "unweave-serve-"
_LOCK = "lock"


class Root:
    """The folder; only this user can look into it.

    Args:
        parent: where it is made; None for the system's place for temporary files.

    Attributes:
        path: of the folder.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = Path(tempfile.gettempdir()) if parent is None else parent
        _sweep(place)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        self._lock = _held(self.path / _LOCK)

    def close(self) -> None:
        """Delete everything."""
        if self._lock is not None:
            self._lock.close()
        remove(self.path)


def remove(folder: Path) -> None:
    """Delete a folder, whatever is in it; never what a link in it points to."""
    shutil.rmtree(folder, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; a file that has two names there counts twice."""
    total = 0
    for here, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(here, name)).st_size
    return total


def within(folder: Path, name: str) -> Path | None:
    """The regular file of this name below a folder; None where there is none, or where it would be elsewhere."""
    try:
        path = (folder / name).resolve(strict=True)
        inside = path.is_relative_to(folder.resolve()) and path == folder.resolve() / name
    except (OSError, ValueError):
        return None
    return path if inside and path.is_file() else None


def _sweep(place: Path) -> None:
    """Take away folders whose servers are dead: nobody holds their lock."""
    for folder in place.glob(f"{PREFIX}*"):
        try:
            ours = not folder.is_symlink() and folder.stat().st_uid == os.getuid() if hasattr(os, "getuid") else False
            lock = _held(folder / _LOCK) if ours and (folder / _LOCK).is_file() else None
        except OSError:
            continue
        if lock is not None:
            lock.close()
            remove(folder)


def _held(path: Path) -> IO[bytes] | None:
    """The lock, ours from now on; None if somebody else has it, or this system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    file = open(path, "ab")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file

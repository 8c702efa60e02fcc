"""One run at a time on one place: a lock with an owner. Locks of the dead, and what they left behind, are taken over.

The lock is a hidden file beside the place, held by the operating system: it is free in the moment in which its owner is
gone, however that ended. Where a file system has no locks, the owner that the file names decides.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError

ENDING = ".unweave-lock"
_BYTES = 4096  # of an owner's lines
_PART = re.compile(r"\.unweave-\d+-[0-9a-f]{8}")
_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_swept: set[Path] = set()  # folders in which this process has looked for leftovers


class Held(UnweaveError):
    """Another run holds the place."""


@contextlib.contextmanager
def claimed(place: Path) -> Iterator[Path]:
    """Be the only run that writes to `place`; its parent must be there.

    Gives a path beside it that nobody uses, for what is not complete yet: the next run takes away what a dead one left
    there.

    Raises:
        Held: another run is at it; the sentence says which.
        OSError: nothing can be written beside it.
    """
    place = Path(os.path.abspath(place))
    if place.parent not in _swept:
        _swept.add(place.parent)
        _sweep(place.parent)
    lock = place.parent / f".{_short(place.name)}{ENDING}"
    part = place.parent / f".unweave-{os.getpid()}-{secrets.token_hex(4)}"
    descriptor = _take(lock, place)
    try:
        _write_owner(descriptor, place, part)
        yield part
    finally:
        _release(descriptor, lock)


def _short(name: str) -> str:
    """Names that are as long as a file system allows leave no room for an ending."""
    if len(os.fsencode(name)) <= 200:
        return name
    import hashlib

    return hashlib.sha256(os.fsencode(name)).hexdigest()


def _take(lock: Path, place: Path) -> int:
    """The open file of a lock that is ours now."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            got = _try_lock(descriptor)
            owner = _read_owner(descriptor)  # now, since one that has just begun may have died meanwhile
            if not (_is_alone(owner) if got is None else got):
                raise Held(_sentence(place, owner))
            if _is_there(descriptor, lock):
                _bury(lock.parent, owner)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its owner took the file away while we opened it


def _release(descriptor: int, lock: Path) -> None:
    with contextlib.suppress(OSError):
        if _is_there(descriptor, lock):
            lock.unlink()
    with contextlib.suppress(OSError):
        _unlock(descriptor)
    os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Take away the locks of dead runs in a folder, and what they had begun."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for lock in [Path(entry.path) for entry in entries if entry.name.endswith(ENDING)]:
            with contextlib.suppress(OSError, UnweaveError):
                _release(_take(lock, lock), lock)


def _bury(folder: Path, owner: dict[str, Any]) -> None:
    """Take away what a dead run had begun; what it was about to replace gets its name back."""
    name, target = str(owner.get("part", "")), str(owner.get("place", ""))
    if not _PART.fullmatch(name) or not target or Path(target).name != target:
        return
    part, old = folder / name, folder / f"{name}-old"
    if old.is_dir() and not old.is_symlink():
        place = folder / target
        old.rename(place if not place.exists() else folder / f"{target} (before {name[-8:]})")
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part, ignore_errors=True)


def _write_owner(descriptor: int, place: Path, part: Path) -> None:
    since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    owner = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    text = json.dumps(owner | {"place": place.name, "part": part.name})
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, text.encode("utf-8", "surrogateescape"))


def _read_owner(descriptor: int) -> dict[str, Any]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        owner = json.loads(os.read(descriptor, _BYTES).decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):  # it has just begun, or died before it could say who it is
        return {}
    return owner if isinstance(owner, dict) else {}


def _sentence(place: Path, owner: dict[str, Any]) -> str:
    who = ""
    if isinstance(owner.get("process"), int):
        who = f" (process {owner['process']} on {str(owner.get('host'))[:60]}, since {str(owner.get('since'))[:20]})"
    return f"{place} is being written by another run{who}. Wait until it is done, or choose another folder."


def _is_alone(owner: dict[str, Any]) -> bool:
    """Whether the owner that a file names is surely gone, where locks do not say it."""
    process = owner.get("process")
    if owner.get("host") != socket.gethostname() or not isinstance(process, int) or process <= 0:
        return not owner
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _is_there(descriptor: int, lock: Path) -> bool:
    try:
        here, there = os.fstat(descriptor), os.lstat(lock)
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _try_lock(descriptor: int) -> bool | None:
    """True: it is ours; False: somebody else's; None: this file system has no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _BYTES, os.SEEK_SET)  # what is locked cannot be read there
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file for as long as it stays open, or its process lives.

    Returns:
        True: it is ours; False: somebody else's; None: this file system has no locks.
    """
    return _try_lock(descriptor)


def _unlock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _BYTES, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)  # for children that have the file open, too

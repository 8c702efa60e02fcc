"""Recordings that lie elsewhere: on whatever fsspec opens (s3, gcs, http, in a zip or a tar), fetched one at a time."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from unweave.errors import UnweaveError

COMMAND = "pip install 'unweave[scale]'"
TAR = ".tar"


def is_address(path: str) -> bool:
    """Whether it is no path of this machine."""
    return "://" in path


def stamp_of(path: str) -> tuple[int, int]:
    """Size in bytes and time in ns of a recording; of a store that knows no time, what else tells two files apart.

    Raises:
        UnweaveError: fsspec, or what it needs for this store, is not installed.
        OSError: it is not there.
    """
    if not is_address(path):
        status = os.stat(path)
        return status.st_size, status.st_mtime_ns
    return _stamp(_call(path, "info"))


def _stamp(about: Mapping[str, Any]) -> tuple[int, int]:
    if (time := time_of(about)) is not None:
        # A listing may know it better than what is said of the one file, and both must be the same.
        return int(about["size"] or 0), int(time) * 10**9
    mark = str(about.get("ETag") or about.get("CRC") or "")
    return int(about.get("size") or 0), int.from_bytes(hashlib.blake2b(mark.encode(), digest_size=7).digest(), "big")


def time_of(about: Mapping[str, Any]) -> float | None:
    """When a file of a store was written, in s since 1970, of what the store says about it."""
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = about.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


@contextmanager
def fetched(path: str) -> Iterator[Path]:
    """The recording as a file of this machine, with its name and its time; a copy is gone afterwards.

    Raises:
        UnweaveError: it cannot be fetched.
    """
    if not is_address(path):
        yield Path(path)
        return
    _, modified = stamp_of(path)
    with tempfile.TemporaryDirectory(prefix="unweave-") as folder:
        local = Path(folder, PurePosixPath(_inner(path)).name or "recording")
        _call(path, "get_file", str(local))
        os.utime(local, ns=(modified, modified))
        yield local


class Found(NamedTuple):
    """A file of an input.

    Attributes:
        name: its path within the input.
        path: how it is opened.
        stamp: see `stamp_of`, where the listing says it: to ask a store for a million files one by one takes hours.
    """

    name: str
    path: str
    stamp: tuple[int, int] | None = None


def find(address: str, out: str = "") -> list[Found]:
    """All files of a folder, a pattern or an archive of a store, sorted by where they lie.

    Args:
        address: of it.
        out: another one, below which nothing is looked for.

    Raises:
        UnweaveError: it cannot be looked at.
    """
    if is_tar(address):
        address = f"tar://::{address}"
    store, inner = opened(address)
    pattern = any(letter in inner for letter in "*?[")
    try:
        files = store.glob(inner, detail=True) if pattern else store.find(inner, detail=True)
    except OSError as error:
        raise UnweaveError(f"{address} cannot be read: {' '.join(str(error).split())[:300]}.") from error
    scheme, _, rest = address.partition("://")
    chain = rest.partition("::")[2]
    base = inner[: min(inner.index(letter) for letter in "*?[" if letter in inner)] if pattern else inner.rstrip("/")
    base = base.rpartition("/")[0] if pattern else base
    found = []
    own = f"{opened(out)[1].rstrip('/')}/" if is_address(out) and opened(out)[0] == store else None
    for file in sorted(files):
        if own is not None and file.startswith(own):
            continue
        name = file[len(base) :].lstrip("/") if file.startswith(base) else file
        # A store may leave out what stands before its paths, such as the host.
        whole = file if "://" in file else f"{scheme}://{file}"
        path = f"{whole}::{chain}" if chain else whole
        found.append(Found(name or PurePosixPath(file).name, path, _stamp(files[file])))
    return found


def is_tar(source: str) -> bool:
    """Whether a source is a shard of recordings, as WebDataset lays them out."""
    return source.lower().endswith(TAR) and "::" not in source


def _call(path: str, method: str, *arguments: Any) -> Any:
    store, inner = opened(path)
    try:
        return getattr(store, method)(inner, *arguments)
    except FileNotFoundError:
        raise
    except Exception as error:  # each store has errors of its own
        raise OSError(
            f"{path} cannot be fetched: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        ) from error


def opened(address: str, **more: Any) -> tuple[Any, str]:
    """The store of an address, and the path in it.

    Args:
        address: as fsspec has it.
        more: for the store.

    Raises:
        UnweaveError: what opens such addresses is not installed, or nothing does.
    """
    if importlib.util.find_spec("fsspec") is None:
        raise UnweaveError(f"{address} needs fsspec to be opened: {COMMAND}.")
    import fsspec

    try:
        store, inner = fsspec.core.url_to_fs(address, **more)
        return store, str(inner)
    except ImportError as error:
        raise UnweaveError(f"{address} needs a package to be opened: {error}.") from error
    except (ValueError, OSError) as error:
        raise UnweaveError(f"{address} cannot be opened: {' '.join(str(error).split())[:300]}.") from error


def _inner(path: str) -> str:
    return path.partition("://")[2].partition("::")[0]

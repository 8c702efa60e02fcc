"""Weights from their registered address into the cache, checked by what is known of them, and by no more."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from unweave.errors import DownloadError
from unweave.pretrained.registry import ModelInfo
from unweave.pretrained.transfer import Progress, transfer

Say = Callable[[str], None]


def default_cache() -> Path:
    """Where downloads lie: $UNWEAVE_CACHE, or `unweave` in the user's cache folder of the platform.

    Raises:
        DownloadError: this user has no home folder.
    """
    chosen = os.environ.get("UNWEAVE_CACHE")
    try:
        if chosen:
            return Path(chosen).expanduser()
        home = Path.home()
    except RuntimeError as error:
        raise DownloadError(
            f"There is no folder for downloads: {'~ in UNWEAVE_CACHE' if chosen else 'the home folder'} is not known "
            "for this user. Set UNWEAVE_CACHE to a folder."
        ) from error
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "unweave"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "unweave"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "unweave"


def offline() -> str | None:
    """The variable that forbids downloads (UNWEAVE_OFFLINE or HF_HUB_OFFLINE), if one is set."""
    for name in ("UNWEAVE_OFFLINE", "HF_HUB_OFFLINE"):
        if os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}:
            return name
    return None


def fetch(
    row: ModelInfo,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    say: Say | None = None,
    timeout: float = 30.0,
    tries: int = 5,
    wait: float = 1.0,
) -> Path:
    """The file of a registered model, from the cache or from its address.

    The size is checked where it is registered or the server tells it, the SHA-256 where it is registered. Where it is
    not, the hash of the first complete download is written beside the file and checked from then on; `say` tells so.
    Two processes that want the same file wait for each other.

    Args:
        row: from `unweave.pretrained.registry`.
        cache_dir: where downloads lie; `default_cache` if None.
        progress: called with the bytes that are there and the whole size in bytes (None if unknown).
        say: called with sentences for the user.
        timeout: longest wait in s for a connection and for each next piece of data.
        tries: failures in a row after which it gives up.
        wait: pause in s after the first failure; it doubles with each further one.

    Raises:
        DownloadError: it cannot be fetched, is not what was registered or recorded, or downloads are switched off.
    """
    if row.path is not None:
        return row.path
    if row.url is None:
        raise DownloadError(f"{row.name} cannot be downloaded. {row.note}".rstrip())
    tell = say or (lambda sentence: None)
    folder = Path(cache_dir) if cache_dir is not None else default_cache()
    target = folder / row.name / row.file_name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(target.name + ".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell(f"Another process is fetching {row.name}; waiting for it.")
            lock.acquire()
    except OSError as error:
        raise DownloadError(
            f"The cache folder {target.parent} cannot be written: {error.strerror}. "
            "Set UNWEAVE_CACHE to another folder."
        ) from error
    try:
        return _fetch_locked(row, target, progress, tell, timeout, tries, wait)
    finally:
        lock.release()


def _fetch_locked(
    row: ModelInfo, target: Path, progress: Progress | None, tell: Say, timeout: float, tries: int, wait: float
) -> Path:
    recorded = _read_record(target)
    expected = row.sha256 or recorded.get("sha256")
    if target.exists():
        if _intact(row, target, expected, tell):
            return target
        tell(f"The file of {row.name} in the cache is damaged; it is fetched again.")
        target.unlink()
    variable = offline()
    if variable:
        raise DownloadError(
            f"{row.name} is not in the cache {target.parent}, and {variable} forbids downloads. "
            "Unset it, or put the file there yourself."
        )
    part = target.with_name(target.name + ".part")
    size = transfer(str(row.url), part, expected=row.bytes, progress=progress, timeout=timeout, tries=tries, wait=wait)
    found = _sha256(part)
    if expected is not None and found != expected:
        part.unlink()
        if row.sha256:
            raise DownloadError(
                f"What {row.url} gave is not {row.name}: its SHA-256 is {found}, registered is {expected}. "
                "It was removed; the next try fetches it afresh."
            )
        raise DownloadError(
            f"What {row.url} gives now differs from the first download of {row.name}: its SHA-256 is {found}, recorded "
            f"was {expected}. It was removed; delete {_record(target)} if the new file is to be trusted."
        )
    if expected is None:
        _write_record(target, found, part.stat().st_size, str(row.url))
        unknown = "" if size is not None else " Not even its length could be checked."
        tell(
            f"No hash of {row.name} is registered, so its content could not be checked; "
            f"the SHA-256 of this first download ({found}) is recorded and checked from now on.{unknown}"
        )
    os.replace(part, target)
    return target


def _intact(row: ModelInfo, target: Path, expected: str | None, tell: Say) -> bool:
    """Whether the file in the cache is the one that was registered or recorded."""
    if row.bytes is not None and target.stat().st_size != row.bytes:
        return False
    if expected is not None:
        return _sha256(target) == expected
    # Somebody put it there by hand: it is as good as a first download.
    found = _sha256(target)
    _write_record(target, found, target.stat().st_size, "found in the cache")
    tell(f"No hash of {row.name} is registered; the SHA-256 of the file in the cache ({found}) is recorded.")
    return True


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _record(target: Path) -> Path:
    return target.with_name(target.name + ".sha256.json")


def _read_record(target: Path) -> dict[str, Any]:
    try:
        record = json.loads(_record(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(target: Path, sha256: str, size: int, source: str) -> None:
    record = _record(target)
    beside = record.with_name(record.name + ".part")
    beside.write_text(json.dumps({"sha256": sha256, "bytes": size, "source": source}, indent=1), encoding="utf-8")
    os.replace(beside, record)

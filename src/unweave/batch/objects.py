"""Objects of a store below one address: they are put whole, and one can be asked to be the first of its name.

What fsspec has for it differs from store to store; here an error is one of two: it will pass, or it will not.
"""

from __future__ import annotations

import contextlib
import posixpath
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from unweave.batch.stores import opened, time_of
from unweave.errors import UnweaveError

T = TypeVar("T")
PAUSES = (0.5, 2.0)  # s before what failed is tried again; a store's own library has tried several times by then
AT_ONCE = 16  # objects that are fetched at once
# Stores with real folders, which must be made, and in which a file is seen while it is written.
FOLDERS = frozenset("file local dir sftp ssh smb ftp hdfs webhdfs arrow_hdfs webdav".split())
_LASTING = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError, NotImplementedError)


class StoreError(UnweaveError):
    """A store does not do what is asked of it.

    Attributes:
        lasting: whether it will not do so in a minute either: no such bucket, no right to write there.
    """

    def __init__(self, sentence: str, lasting: bool) -> None:
        super().__init__(sentence)
        self.lasting = lasting


class Objects:
    """Names are relative to the address, with forward slashes.

    Args:
        address: as fsspec has it, "s3://bucket/folder".

    Raises:
        UnweaveError: what opens such addresses is not installed, or nothing does.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        # Others write here, too: what a listing said a minute ago is nothing to go by.
        self._store, inner = opened(self.address, use_listings_cache=False)
        self._root = inner.rstrip("/")
        kinds = self._store.protocol
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        self._in_folders = bool(FOLDERS & kinds)
        # Whether a folder is there without anything in it; on object stores it is but what stands before names.
        self.keeps_folders = self._in_folders or "memory" in kinds

    def put(self, name: str, data: bytes) -> None:
        """Write an object; who reads meanwhile finds the old one or the new one, whole."""
        self._written(name, lambda path: self._store.pipe_file(path, data))

    def send(self, file: Path, name: str) -> None:
        """The same with the contents of a file."""
        self._written(name, lambda path: self._store.put_file(str(file), path))

    def create(self, name: str, data: bytes) -> bool:
        """Write an object unless there is one; whether it was written.

        Of several who ask at once one is told that it was: by the store itself where it can (S3, Google's, Azure's),
        elsewhere as well as fsspec can look. `data` must be like no other's: where an answer was lost on its way, it
        tells that the object is ours.
        """
        path = self._path(name)
        try:
            self._tried(lambda: self._store.pipe_file(path, data, mode="create"), name, "written", path)
        except FileExistsError:
            return self.get(name) == data
        return True

    def get(self, name: str) -> bytes | None:
        """The contents of an object; None if there is none."""
        try:
            found: bytes = self._tried(lambda: self._store.cat_file(self._path(name)), name, "read")
        except FileNotFoundError:
            return None
        return found

    def fetch(self, names: list[str], folder: Path) -> None:
        """Copy objects into a folder of this machine; those that are gone by now are left out."""

        def one(name: str) -> None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._tried(lambda: self._store.get_file(self._path(name), str(target)), name, "read")
            except FileNotFoundError:
                target.unlink(missing_ok=True)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(one, names))

    def names(self, folder: str) -> list[str]:
        """What lies right in a folder, objects and folders, without its name, sorted."""
        path = self._path(folder)
        try:
            found: list[str] = self._tried(lambda: self._listed(path), folder, "read")
        except FileNotFoundError:
            return []
        return sorted({posixpath.basename(one.rstrip("/")) for one in found} - {"", posixpath.basename(path)})

    def below(self, folder: str) -> list[str]:
        """All objects below a folder, by their names within it, sorted."""
        path = self._path(folder) + "/"
        try:
            found: list[str] = self._tried(lambda: self._fresh().find(path), folder, "read")
        except FileNotFoundError:
            return []
        return sorted(one[len(path) :] for one in found if one.startswith(path) and one != path)

    def remove(self, names: list[str]) -> None:
        """Take objects away; those that are gone already are no fault."""

        def one(name: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                self._tried(lambda: self._store.rm_file(self._path(name)), name, "removed")

        for name in names:
            one(name)

    def time_of(self, name: str) -> float | None:
        """When an object was written, in s since 1970 by the store's own clock; None if it does not say or is gone."""
        try:
            about = self._tried(lambda: self._fresh().info(self._path(name)), name, "read")
        except FileNotFoundError:
            return None
        return time_of(about)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _fresh(self) -> Any:
        self._store.invalidate_cache()
        return self._store

    def _listed(self, path: str) -> list[str]:
        return [str(one) for one in self._fresh().ls(path, detail=False)]

    def _written(self, name: str, write: Callable[[str], object]) -> None:
        path = self._path(name)
        if not self._in_folders:
            self._tried(lambda: write(path), name, "written")
            return
        beside = f"{posixpath.dirname(path)}/.unweave-{secrets.token_hex(8)}"
        self._tried(lambda: write(beside), name, "written", beside)
        self._tried(lambda: self._store.mv(beside, path), name, "written")

    def _make_folder(self, path: str) -> None:
        try:
            self._store.makedirs(path, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(f"{path} is a file") from error

    def _tried(self, call: Callable[[], T], name: str, what: str, makes: str | None = None) -> T:
        """What a call gives, at the third try at the latest.

        Raises:
            FileNotFoundError: there is nothing to read or to take away.
            FileExistsError: there is something already.
            StoreError: anything else.
        """
        for pause in (*PAUSES, None):
            try:
                if makes and self._in_folders:
                    self._make_folder(posixpath.dirname(makes))
                return call()
            except FileExistsError:
                raise
            except Exception as error:  # each store has errors of its own
                if isinstance(error, FileNotFoundError) and what != "written" and not _no_bucket(error):
                    raise
                lasting = isinstance(error, _LASTING) or "Credential" in type(error).__name__ or _no_bucket(error)
                if pause is None or lasting:
                    none = isinstance(error, NotImplementedError)
                    words = "such a store takes nothing" if none else " ".join(str(error).split())[:300]
                    words = words or type(error).__name__
                    raise StoreError(f"{self.address}/{name} cannot be {what}: {words}.", lasting) from error
            time.sleep(pause)
        raise AssertionError


def _no_bucket(error: BaseException) -> bool:
    """Whether it is not an object that is missing but the whole of where it should lie."""
    words: Any = error
    while words is not None:
        if "bucket does not exist" in str(words) or "NoSuchBucket" in str(words):
            return True
        words = words.__cause__
    return False

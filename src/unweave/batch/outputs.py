"""Where results and their manifest lie: a folder, or a store that fsspec opens. Nobody who works on them need know."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol

from unweave.batch.bucket import Bucket
from unweave.batch.folder import Folder
from unweave.batch.items import Item
from unweave.batch.rows import Row
from unweave.batch.stores import is_address
from unweave.errors import UnweaveError

HERE, WEB = ("file://", "local://"), ("http://", "https://")


class Writes(Protocol):
    """A part of the manifest, written by one process; a context manager."""

    def add(self, row: Row) -> Row:
        """Append a row; it is there when this returns."""

    def __enter__(self) -> Writes: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Output(Protocol):
    """An output of a campaign.

    Attributes:
        patience: s for which somebody who is gone may still seem to be at something.
    """

    patience: float

    def check(self) -> list[str]:
        """Try to write there, and give sentences on what it cannot promise.

        Raises:
            UnweaveError: nothing can be written there.
        """

    def part(self) -> Writes:
        """A part of the manifest for this process; nothing is made here before."""

    def receipt(self, place: str) -> Row | None:
        """The row that lies with the results in a place; None where there are none that are whole."""

    def has(self, place: str) -> bool:
        """Whether results lie in a place, for one after the other of those that a manifest knows as done."""

    def making(self, item: Item, overwrite: bool) -> AbstractContextManager[Path]:
        """A new folder that becomes the results of an item when all went well; otherwise nothing is left of it.

        Args:
            item: whose results they are; the folder must have their row, `RECEIPT`.
            overwrite: whether results that no campaign made may be replaced.

        Raises:
            Held: another process is at it.
            UnweaveError: the place has something else, or cannot be written.
        """

    def manifest(self) -> AbstractContextManager[Path]:
        """The manifest as it is now, in a folder as `unweave.batch.manifest` reads it."""

    def note(self, name: str, text: str) -> None:
        """Write a small file into the manifest, whole."""

    def compact(self, least: int = 1) -> int:
        """See `unweave.batch.compact.compact`."""

    def workers(self) -> int:
        """How many processes are at work on it."""


def output_of(out: str | os.PathLike[str]) -> Output:
    """The output of a path or an address.

    Raises:
        UnweaveError: nothing can be written there.
    """
    text = os.fspath(out)
    return Bucket(text) if is_address(text) else Folder(Path(text))


def settled_output(out: str) -> str:
    """What was typed, as it is the same from everywhere: an address, or an absolute path.

    Raises:
        UnweaveError: it is an address to which nothing can be added.
    """
    for start in HERE:
        if out.startswith(start):
            return os.path.abspath(out[len(start) :])
    if not is_address(out):
        return os.path.abspath(out)
    if "::" in out:
        raise UnweaveError(f"-o {out}: an archive takes no files one at a time; write to a folder or a store.")
    if out.startswith(WEB):
        raise UnweaveError(f"-o {out}: a web server takes no files; write to a folder or a store.")
    return out.rstrip("/")

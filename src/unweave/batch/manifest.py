"""The manifest: what became of every item, as rows that processes append (`unweave.batch.parts`).

The last row of an item is its state. Parts of processes that are gone are put together into `manifest.parquet`
(`unweave.batch.compact`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from unweave.batch.compact import read_table
from unweave.batch.items import OWN, key_of
from unweave.batch.parts import TABLE, parts_of, read_part
from unweave.batch.rows import DONE, RANK, Row


class Known(NamedTuple):
    """What is remembered of an item that is not done.

    Attributes:
        state: of its last row.
        stamp: of that.
        number: of that.
        tries: how often it failed.
        ends: how often in a row its process was gone.
    """

    state: str
    stamp: str
    number: int
    tries: int
    ends: int


def read_rows(out: Path) -> Iterator[Row]:
    """All rows, in no order; a row may come twice (by its `id`), and rows that later ones replaced may be missing.

    Raises:
        UnweaveError: the table cannot be read.
    """
    # Whoever puts parts together writes the table first and takes the parts away then, so the table is read last.
    for part in parts_of(out):
        with contextlib.suppress(FileNotFoundError):
            yield from read_part(part)
    yield from read_table(out / OWN / TABLE)


class Ledger:
    """The last row of every item, as little of it as must be known; some 200 bytes for one that is done."""

    def __init__(self) -> None:
        self._known: dict[int, Known | tuple[int, str]] = {}

    @classmethod
    def read(cls, out: Path) -> Ledger:
        """What the manifest of an output says."""
        ledger = cls()
        for row in read_rows(out):
            ledger.add(row)
        return ledger

    def add(self, row: Row) -> None:
        """Take in a row, in any order."""
        key = key_of(row.name)
        old = self.known(key)
        if old is None or row.order >= (old.number, RANK[old.state]):
            done = row.state == DONE
            self._known[key] = (
                (row.number, row.stamp) if done else Known(row.state, row.stamp, row.number, row.tries, row.ends)
            )

    def known(self, key: int) -> Known | None:
        """What is known of an item; None if nothing is."""
        found = self._known.get(key)
        if found is None or isinstance(found, Known):
            return found
        return Known(DONE, found[1], found[0], 0, 0)

    def __len__(self) -> int:
        return len(self._known)

"""AudioSet's lists of segments: csv with lines of comment, then `YTID, start_seconds, end_seconds, "mid,mid"`."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.data.datasets.base import TWICE
from unweave.data.datasets.report import EACH, Report
from unweave.data.vocabulary import audioset_class
from unweave.errors import UnweaveError

HEAD = 3  # lines that may come before the rows


@dataclass
class Listed:
    """Rows of one or several lists, in columns.

    Attributes:
        ids: of the videos, (N,) of 11 bytes; none comes twice.
        of: the list that each row is from, (N,).
        lists: names of the lists.
        offsets: where the classes of each row begin in `classes`, (N + 1,).
        classes: of all rows, one after the other.
    """

    ids: NDArray[np.bytes_]
    of: NDArray[np.uint8]
    lists: list[str]
    offsets: NDArray[np.int64]
    classes: NDArray[np.int16]

    def select(self, rows: NDArray[np.int64]) -> Listed:
        """These rows alone."""
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        taken = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], counts)
        return Listed(self.ids[rows], self.of[rows], self.lists, offsets, self.classes[taken])


def read_lists(paths: Sequence[Path], report: Report) -> Listed:
    """Read the lists one after the other; a video that was listed before is left out.

    Raises:
        UnweaveError: a line that is not a row of such a list.
    """
    ids, of, classes, counts = bytearray(), bytearray(), array("h"), array("i")
    for number, path in enumerate(paths):
        before = len(counts)
        _read(path, ids, classes, counts)
        of += bytes([number]) * (len(counts) - before)
    every = Listed(
        ids=np.frombuffer(bytes(ids), "S11"),
        of=np.frombuffer(bytes(of), np.uint8),
        lists=[path.name for path in paths],
        offsets=np.concatenate([[0], np.cumsum(np.frombuffer(counts, np.int32), dtype=np.int64)]),
        classes=np.frombuffer(classes, np.int16),
    )
    first = np.sort(np.unique(every.ids, return_index=True)[1])
    if len(first) < len(every.ids):
        again = np.setdiff1d(np.arange(len(every.ids)), first, assume_unique=True)
        report.add_many(TWICE, len(again), [ytid.decode() for ytid in every.ids[again[:EACH]]])
        return every.select(first)
    return every


def _read(path: Path, ids: bytearray, classes: array[int], counts: array[int]) -> None:
    places: dict[str, array[int]] = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.reader(file, skipinitialspace=True)
            for row in reader:
                if len(row) == 4 and len(row[0]) == 11 and row[3][:1] == "/":
                    ids += row[0].encode("ascii")
                    cell = row[3]
                    if cell not in places:
                        places[cell] = _places(cell)
                    classes.extend(places[cell])
                    counts.append(len(places[cell]))
                elif row and row[0][:1] != "#" and reader.line_num > HEAD:
                    raise UnweaveError(
                        f'Line {reader.line_num} of {path} is not as YTID, start_seconds, end_seconds, "mid,mid".'
                    )
        except (UnicodeError, csv.Error) as error:
            raise UnweaveError(f"{path} cannot be read as a list of AudioSet: {error}.") from error


def _places(cell: str) -> array[int]:
    found = (audioset_class(mid) for mid in cell.split(","))
    return array("h", sorted({place for place in found if place is not None}))

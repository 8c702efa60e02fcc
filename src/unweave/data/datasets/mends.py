"""Mends of an index.csv: a table that says which cells were wrong, what they must be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from unweave.data.datasets.csvs import read_rows
from unweave.data.vocabulary import Vocabulary, audioset_class
from unweave.errors import UnweaveError

COLUMNS = ("path", "column", "value", "was", "why")
NAMES, MIDS = "audioset_name", "audioset_mid"
LEAVE_OUT = "leave_out"
MENDED = (NAMES, "split", "source_group", "label", LEAVE_OUT)

Mends = dict[str, dict[str, tuple[str, str]]]
"""By path and column: what the cell must be, and what it was."""


def read_mends(path: str | Path) -> Mends:
    """Read the mends of an index: a csv with the columns path, column, value, was, why.

    `column` is one of `MENDED`. The value of audioset_name is AudioSet's names, separated by ";", or nothing; that of
    leave_out is "yes".

    Raises:
        UnweaveError: no such file, a column that is missing, one that cannot be mended, an unknown class, or a cell
            that is mended twice.
    """
    path = Path(path)
    mends: Mends = {}
    for row in read_rows(path, COLUMNS):
        name, column, value = row["path"], row["column"], row["value"]
        if column not in MENDED:
            raise UnweaveError(f"{path} mends the column {column!r} of {name}; it may mend {', '.join(MENDED)}.")
        if column == LEAVE_OUT and value != "yes":
            raise UnweaveError(f"{path} says {value!r} to leaving out {name}; write yes, or remove the line.")
        if column == NAMES:
            for label in filter(None, value.split(";")):
                if audioset_class(label) is None:
                    raise UnweaveError(f"{path} gives {name} the class {label!r}, which AudioSet does not have.")
        cells = mends.setdefault(name, {})
        if column in cells:
            raise UnweaveError(f"{path} mends the column {column} of {name} twice; keep one of the lines.")
        cells[column] = value, row["was"]
    return mends


def mended(rows: Iterable[dict[str, str]], mends: Mends, where: str) -> Iterator[dict[str, str]]:
    """The rows of an index as they must be, without those that are left out.

    Args:
        rows: of the index; audioset_mid is mended along with audioset_name, which an index need not have.
        mends: as `read_mends` gives them. What is not in the index is passed over: a part of it is an index too.
        where: the index, for what is said.

    Raises:
        UnweaveError: a cell is neither what it was when the mend was made nor what it must be.
    """
    vocabulary = Vocabulary.audioset()
    for row in rows:
        cells = mends.get(row["path"], {})
        if LEAVE_OUT in cells:
            continue
        row = dict(row)
        for column, (value, was) in cells.items():
            if row.get(column, was) not in (value, was):
                raise UnweaveError(
                    f"The {column} of {row['path']} in {where} is {row[column]!r}, and the mends are for {was!r}; they "
                    "belong to another version of this index."
                )
            if column in row:
                row[column] = value
            if column == NAMES:
                places = [audioset_class(label) for label in filter(None, value.split(";"))]
                row[MIDS] = ";".join(vocabulary.mids[place] for place in places if place is not None)
        yield row

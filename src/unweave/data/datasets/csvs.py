"""Reading the tables of data sets, with what is wrong in words."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from unweave.errors import UnweaveError


def read_rows(path: Path, needed: Collection[str], delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a csv file with a header.

    Args:
        path: of the file, in UTF-8.
        needed: columns that must be there.
        delimiter: between the columns.

    Raises:
        UnweaveError: no such file, a column that is missing, a row with too few cells, a file that is no text.
    """
    if not path.is_file():
        raise UnweaveError(f"There is no {path.name} in {path.parent}; it says what the clips hold, so add it.")
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.DictReader(file, delimiter=delimiter)
            columns = set(reader.fieldnames or ())
            if set(needed) - columns:
                lacking = ", ".join(sorted(set(needed) - columns))
                there = ", ".join(reader.fieldnames or ()) or "nothing"
                raise UnweaveError(f"The table {path} lacks the column(s) {lacking}; its first line has {there}.")
            for row in reader:
                if any(row[column] is None for column in needed):
                    raise UnweaveError(f"Line {reader.line_num} of {path} has too few cells; mend or remove it.")
                yield row
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnweaveError(f"{path} cannot be read as a table in UTF-8: {error}.") from error


def whole_number(text: str, column: str, path: Path) -> int:
    """The number in a cell.

    Raises:
        UnweaveError: it is none.
    """
    try:
        return int(text)
    except ValueError as error:
        raise UnweaveError(f"The column {column} of {path} holds {text!r}, which is not a whole number.") from error

"""Rows: what was measured, one line for each item and system; tables and figures are made of these alone.

`rows.csv` grows by whole chunks while a run goes on. What a kill left half written is cut off before the run goes on,
so that a resumed run ends with the same file as one that was never stopped.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from unweave.errors import UnweaveError

ROWS = "rows.csv"
KEYS = ("item", "label", "group", "part", "system")
"""What every row begins with: whose it is, and which system it is of ("mixture", "oracle", ...)."""

DIGITS = 4  # behind the decimal point; what lies behind them differs between machines

Row = dict[str, str | float]


class RowWriter:
    """Appends rows, a chunk at a time.

    Args:
        path: of the csv; its header is written if there is none yet.
        columns: figures of a row, beside `KEYS`.
        keep: rows to keep of a file that is there; all behind them is cut off.

    Raises:
        UnweaveError: the file has other columns, or fewer rows.
    """

    def __init__(self, path: Path, columns: Sequence[str], keep: int = 0) -> None:
        self.columns = [*KEYS, *columns]
        header = _line(self.columns)
        whole = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        if whole and whole[0].endswith(b"\n") and whole[0] != header.encode():
            raise UnweaveError(f"{path} has other columns than this run measures; give another folder (--out).")
        if keep and len(whole) < keep + 1:
            raise UnweaveError(f"{path} has {len(whole) - 1} rows where there should be {keep}; give another folder.")
        self._file = open(path, "ab")
        self._file.truncate(sum(map(len, whole[: keep + 1])) if keep else 0)
        if not keep:
            self._write(header)

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows at the end; they are on the disk when this returns."""
        self._write("".join(_line([_cell(row.get(name, math.nan)) for name in self.columns]) for row in rows))

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())


def read_rows(path: Path, whole: bool = True) -> list[Row]:
    """The rows of a file; figures are numbers, NaN where there is none.

    Args:
        path: of the csv, or of the run's folder.
        whole: if not, a last line that is not complete is passed over rather than an error.

    Raises:
        UnweaveError: no such file, or one that is damaged.
    """
    path = path / ROWS if path.is_dir() else path
    if not path.is_file():
        raise UnweaveError(f"There are no rows in {path}; run unweave evaluate first.")
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n") and not whole:
        text = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if tuple(header[: len(KEYS)]) != KEYS:
        raise UnweaveError(f"{path} does not begin with the columns {', '.join(KEYS)}; it holds no rows of a run.")
    rows: list[Row] = []
    for line, cells in enumerate(reader, 2):
        if len(cells) != len(header):
            raise UnweaveError(f"Line {line} of {path} has {len(cells)} cells, not {len(header)}; it is damaged.")
        row: Row = dict(zip(header[: len(KEYS)], cells, strict=False))
        try:
            row |= {
                name: float(cell or "nan") for name, cell in zip(header[len(KEYS) :], cells[len(KEYS) :], strict=True)
            }
        except ValueError as error:
            raise UnweaveError(f"Line {line} of {path} is damaged: {error}.") from error
        rows.append(row)
    return rows


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return "" if math.isnan(value) else f"{round(value, DIGITS) + 0.0:.{DIGITS}f}".rstrip("0").rstrip(".")


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()

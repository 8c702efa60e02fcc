"""Parts of processes that are gone, put together into one table (parquet), which other programs read, too."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unweave.atomic import complete_file
from unweave.batch.items import OWN, key_of
from unweave.batch.parts import PARTS, TABLE, parts_of, read_part
from unweave.batch.rows import Row
from unweave.claims import Held, claimed, try_lock
from unweave.errors import UnweaveError

COMMAND = "pip install 'unweave[scale]'"
AT_ONCE = 10_000  # rows
# Columns for whoever looks into the table; `row` is the whole of it and what is read again.
TEXTS = ("name", "path", "place", "state", "stamp", "settings", "model", "error", "host")
WHOLE, REAL = ("number", "tries", "size", "process"), ("at", "modified", "seconds", "took")


def can_compact() -> bool:
    """Whether there is something to write a table with."""
    return importlib.util.find_spec("pyarrow") is not None


def compact(out: Path, least: int = 1) -> int:
    """Put together what processes that are gone have written; of each item the last row is kept.

    Args:
        out: the output.
        least: parts from which on it is done.

    Returns:
        How many parts are in the table now that were not; 0 as well if another process is at it.
    """
    if not can_compact() or len(parts_of(out)) < least:
        return 0
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(claimed(out / OWN / PARTS))
        except Held:
            return 0
        gone = [part for part in parts_of(out) if _hold(part, stack)]
        if len(gone) < least:
            return 0
        table = out / OWN / TABLE
        last: dict[int, tuple[tuple[int, int], str]] = {}

        def all_rows() -> Iterator[Row]:
            yield from read_table(table)
            for part in gone:
                yield from read_part(part)

        for row in all_rows():
            if (key := key_of(row.name)) not in last or row.order >= last[key][0]:
                last[key] = (row.order, row.id)
        with complete_file(table) as part:
            _write(part, (row for row in all_rows() if last[key_of(row.name)][1] == row.id))
        for one in gone:
            one.unlink(missing_ok=True)
    return len(gone)


def read_table(path: Path) -> Iterator[Row]:
    """The rows of a table; none where there is no table.

    Raises:
        UnweaveError: it cannot be read, or there is nothing to read it with.
    """
    if not path.exists():
        return
    if not can_compact():
        raise UnweaveError(f"{path} needs pyarrow to be read: {COMMAND}.")
    import pyarrow
    from pyarrow import parquet

    try:
        with open(path, "rb") as source, parquet.ParquetFile(source) as file:
            for batch in file.iter_batches(AT_ONCE, columns=["row"]):
                for text in batch.column(0).to_pylist():
                    if (row := Row.of(text)) is not None:
                        yield row
    except (OSError, KeyError, pyarrow.ArrowException) as error:
        raise UnweaveError(
            f"{path} cannot be read ({str(error)[:200]}); move it away, and what lies in the output is found again."
        ) from error


def _hold(part: Path, stack: contextlib.ExitStack) -> bool:
    """Whether nobody writes to a part any more; it stays so until the stack ends."""
    try:
        descriptor = os.open(part, os.O_RDWR)
    except OSError:
        return False
    stack.callback(os.close, descriptor)
    return try_lock(descriptor) is True


def _write(path: Path, rows: Iterator[Row]) -> None:
    import pyarrow
    from pyarrow import parquet

    kinds: dict[str, Any] = {
        **dict.fromkeys(TEXTS, pyarrow.string()),
        **dict.fromkeys(WHOLE, pyarrow.int64()),
        **dict.fromkeys(REAL, pyarrow.float64()),
        "tracks": pyarrow.list_(pyarrow.string()),
        "events": pyarrow.list_(
            pyarrow.struct(
                {
                    "class": pyarrow.string(),
                    "mid": pyarrow.string(),
                    "start": pyarrow.float32(),
                    "end": pyarrow.float32(),
                    "probability": pyarrow.float32(),
                }
            )
        ),
        "row": pyarrow.string(),
    }
    schema = pyarrow.schema(list(kinds.items()))
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[dict[str, Any]] = []
        seen: set[str] = set()  # a row that its writer and whoever found its results have both written
        for row in rows:
            if row.id in seen:
                continue
            seen.add(row.id)
            waiting.append(_cells(row))
            if len(waiting) >= AT_ONCE:
                writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
                waiting.clear()
        writer.write_table(pyarrow.Table.from_pylist(waiting, schema))


def _cells(row: Row) -> dict[str, Any]:
    names = ("class", "mid", "start", "end", "probability")
    return {
        **{name: _text(getattr(row, name)) for name in TEXTS},
        **{name: getattr(row, name) for name in (*WHOLE, *REAL)},
        "tracks": [_text(track.get("file")) for track in row.tracks],
        "events": [dict(zip(names, event, strict=False)) for event in row.events],
        "row": row.line().decode().rstrip(),
    }


def _text(value: str | None) -> str | None:
    """Names that are no text, as text; `row` has them as they are."""
    return None if value is None else value.encode("utf-8", "backslashreplace").decode()

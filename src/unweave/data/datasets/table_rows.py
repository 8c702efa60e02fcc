"""Rows of a table of clips, csv or jsonl, whatever its columns are called."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from unweave.data.datasets.split import PARTS
from unweave.data.vocabulary import audioset_class
from unweave.errors import UnweaveError

NAMES = ("path", "file", "filename", "file_name", "fname", "audio")
LABELS = ("labels", "label", "tags", "tag", "classes", "class")
GROUPS = ("group", "source_group", "recording")
SPLITS = ("split",)
ENDINGS = {".csv", ".tsv", ".jsonl", ".ndjson"}


class Row(NamedTuple):
    """One clip as a table lists it; `group` and `split` are "" where the table does not say."""

    line: int
    name: str
    labels: tuple[str, ...]
    group: str
    split: str


def columns_fit(path: Path) -> bool:
    """Whether `path` is a table with a column for the file and one for its tags."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    try:
        _, first = next(_records(path))
    except (StopIteration, UnweaveError):
        return False
    return _find(first, NAMES) is not None and _find(first, LABELS) is not None


def read_table(path: Path, commas_in_names: bool = True) -> Iterator[Row]:
    """The rows of a table.

    Args:
        path: a .csv or .tsv with a header, or a .jsonl with an object in each line.
        commas_in_names: "Violin, fiddle" is one tag, since AudioSet has a class of this name.

    Raises:
        UnweaveError: a column that is missing, a line that cannot be read, a split that is none.
    """
    for line, record in _records(path):
        name, labels = _find(record, NAMES), _find(record, LABELS)
        if name is None or labels is None:
            what, of = ("file", NAMES) if name is None else ("tags", LABELS)
            there = ", ".join(record) or "nothing"
            raise UnweaveError(
                f"The table {path} needs a column for the {what} ({', '.join(of)}); line {line} has {there}."
            )
        group, split = _find(record, GROUPS), _find(record, SPLITS)
        yield Row(
            line=line,
            name=_text(record[name]),
            labels=tags(record[labels], commas_in_names),
            group=_text(record[group]) if group else "",
            split=_part(_text(record[split]), line, path) if split else "",
        )


def tags(cell: Any, commas_in_names: bool = True) -> tuple[str, ...]:
    """The tags in a cell: a list, or text with ";", "|" or "," between them; none comes twice."""
    if isinstance(cell, Iterable) and not isinstance(cell, str | Mapping):
        parts = [_text(part) for part in cell]
    else:
        text = _text(cell)
        if ";" in text or "|" in text:
            parts = text.replace("|", ";").split(";")
        else:
            parts = text.split(",")
            parts = list(_joined(parts)) if commas_in_names else parts
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _joined(parts: list[str]) -> Iterator[str]:
    """Put together again what is one class of AudioSet with a comma in its name."""
    start = 0
    while start < len(parts):
        stop = len(parts)
        while stop > start + 1 and audioset_class(",".join(parts[start:stop])) is None:
            stop -= 1
        yield ",".join(parts[start:stop])
        start = stop


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of each line and its cells by column."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            if path.suffix.lower() in (".jsonl", ".ndjson"):
                for line, text in enumerate(file, 1):
                    if text.strip():
                        record = json.loads(text)
                        if not isinstance(record, dict):
                            raise UnweaveError(f"Line {line} of {path} is not an object as {{...}}.")
                        yield line, record
                return
            header = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=max(",;\t", key=header.count), skipinitialspace=True)
            for row in reader:
                if None in row:
                    raise UnweaveError(
                        f"Line {reader.line_num} of {path} has more cells than the first line; put several tags in "
                        "quotes or ; between them."
                    )
                yield reader.line_num, row
        except json.JSONDecodeError as error:
            raise UnweaveError(f"Line {line} of {path} is not JSON: {error.msg}.") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnweaveError(f"{path} cannot be read as a table in UTF-8: {error}.") from error


def _find(record: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of the columns `names` that the record has, as it is written there."""
    written = {key.strip().lower(): key for key in record}
    return next((written[name] for name in names if name in written), None)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _part(text: str, line: int, path: Path) -> str:
    if text.lower() not in PARTS:
        raise UnweaveError(f"Line {line} of {path} has the split {text!r}; it must be train, valid or test.")
    return PARTS[text.lower()]

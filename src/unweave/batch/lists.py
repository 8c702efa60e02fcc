"""Lists of recordings: a path in each line, a table, or the manifest of NeMo (jsonl with parts of recordings)."""

from __future__ import annotations

import csv
import json
import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unweave.batch.items import Item, inside, key_of, make_item
from unweave.errors import UnweaveError
from unweave.inference.places import place_key

TEXT, TABLE, JSON = (".txt", ".lst", ".list"), (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")
COLUMNS = ("audio_filepath", "path", "file", "filename", "file_name", "audio", "wav")
LONGEST = 1_000_000  # letters of a line


def is_list(source: str | Path) -> bool:
    """Whether a file lists recordings, by its ending."""
    return Path(source).suffix.lower() in (*TEXT, *TABLE, *JSON) and not os.path.isdir(source)


def read_list(path: Path, prefix: str = "") -> Iterator[Item]:
    """The items of a list; paths are meant from the folder that it lies in. A line that comes again is told once.

    Args:
        path: of the list.
        prefix: before all names.

    Raises:
        UnweaveError: it cannot be read, and where.
    """
    # Twice through the file: what is called alike must be known before the first place is given.
    alike: Counter[int] = Counter()
    seen: set[int] = set()
    for name, _, start, end in _entries(path):
        if (key := key_of(f"{name}@{start}-{end}")) not in seen:
            seen.add(key)
            alike[key_of(f"{_stem(name)}@{start}-{end}")] += 1
    for name, file, start, end in _entries(path):
        if (key := key_of(f"{name}@{start}-{end}")) in seen:
            seen.discard(key)
            alone = alike[key_of(f"{_stem(name)}@{start}-{end}")] == 1
            yield make_item(prefix + name, file, alone, start, end)


def _stem(name: str) -> str:
    return place_key(os.path.splitext(name)[0])


def _entries(path: Path) -> Iterator[tuple[str, str, float, float | None]]:
    """Name, path and part of each line."""
    for line, record in _records(path):
        column = next((known for known in COLUMNS if record.get(known) not in (None, "")), None)
        if column is None:
            raise UnweaveError(
                f"Line {line} of {path} names no recording; call its column one of {', '.join(COLUMNS[:4])}."
            )
        text = str(record[column])
        start, seconds = (_time(record.get(key), key, line, path) for key in ("offset", "duration"))
        file = text if "://" in text else os.path.join(path.parent, text)
        name = text.partition("://")[2] if "://" in text else inside(file, path.parent)
        # NeMo gives the whole length where it gives no offset: that is no part.
        part = (start or 0.0, (start or 0.0) + seconds if seconds else None) if start is not None else (0.0, None)
        yield name, file, *part


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    kind = path.suffix.lower()
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            if kind in TABLE:
                head = file.readline(LONGEST)
                file.seek(0)
                reader = csv.DictReader(file, delimiter=max(",;\t", key=head.count), skipinitialspace=True)
                for row in reader:
                    yield reader.line_num, {str(key).strip().lower(): value for key, value in row.items()}
                return
            number = 0
            while text := file.readline(LONGEST):
                number += 1
                if not text.strip() or (kind in TEXT and text.startswith("#")):
                    continue
                if kind in TEXT:
                    yield number, {"path": text.rstrip("\r\n")}
                    continue
                value = json.loads(text)
                if not isinstance(value, dict):
                    raise UnweaveError(f"Line {number} of {path} is not an object as {{...}}.")
                yield number, value
    except json.JSONDecodeError as error:
        raise UnweaveError(f"Line {number} of {path} is not JSON: {error.msg}. Give one object a line.") from error
    except (csv.Error, RecursionError) as error:
        raise UnweaveError(f"{path} cannot be read as a list of recordings: {error}.") from error
    except OSError as error:
        raise UnweaveError(f"{path} cannot be read: {error.strerror or error}.") from error


def _time(value: Any, what: str, line: int, path: Path) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise UnweaveError(f"Line {line} of {path} has the {what} {str(value)[:40]!r}; it must be seconds from 0 on.")
    return number

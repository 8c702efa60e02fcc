"""A row of the manifest: what happened to an item, as a line of JSON; the last one of an item is its state."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# States, from what is said first of a try to what is said last; of two rows of one number the later one counts.
STARTED, RELEASED, AGAIN, FAILED, DONE = "started", "released", "again", "failed", "done"
RANK = {STARTED: 0, RELEASED: 1, AGAIN: 2, FAILED: 3, DONE: 4}


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        name: of the item.
        path: how it was opened.
        place: of its results, relative to the output.
        state: "started", "released" (given back undone), "again" (failed, and worth another try), "failed", "done".
        number: counts the rows of an item.
        stamp: settings, model, size and time of the file, together: as long as it is the same, done is done.
        tries: how often it has failed.
        ends: how often in a row whoever worked on it was gone without a word.
        at: when, seconds since 1970.
        settings: hash of what was asked and how it is written.
        model: hash of the weights and their settings.
        size: of the file, in bytes.
        modified: time of the file, seconds since 1970.
        seconds: of sound.
        took: s of work.
        tracks: of each its file, name, mid, level, probability, energy_db.
        events: of each class, mid, start, end, probability.
        warnings: sentences.
        error: why not, in words.
        host: where.
        process: that did it.
        id: of the row; one that is there twice is one row.
    """

    name: str
    path: str
    place: str
    state: str
    number: int
    stamp: str = ""
    tries: int = 0
    ends: int = 0
    at: float = field(default_factory=lambda: round(time.time(), 3))
    settings: str = ""
    model: str = ""
    size: int | None = None
    modified: float | None = None
    seconds: float | None = None
    took: float | None = None
    tracks: list[dict[str, Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    host: str = ""
    process: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def line(self) -> bytes:
        """The row as a line of ASCII; names of files need not be text, and come back as they were."""
        return json.dumps(self.to_plain(), separators=(",", ":")).encode() + b"\n"

    def to_plain(self) -> dict[str, Any]:
        """What JSON takes, without what is not known."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "", []) or key == "name"}

    @classmethod
    def of(cls, line: bytes | str) -> Row | None:
        """The row of a line; None for one that is none, such as the last one of a process that was killed."""
        try:
            return cls.of_plain(json.loads(line))
        except (ValueError, RecursionError):
            return None

    @classmethod
    def of_plain(cls, plain: Any) -> Row | None:
        """The same from what JSON gives."""
        if not isinstance(plain, Mapping) or plain.get("state") not in RANK or not isinstance(plain.get("number"), int):
            return None
        known = {key: value for key, value in plain.items() if key in cls.__dataclass_fields__}
        if not all(isinstance(known.get(key), str) for key in ("name", "path", "place")):
            return None
        return cls(**known)

    @property
    def order(self) -> tuple[int, int]:
        """By which the rows of an item follow each other."""
        return self.number, RANK[self.state]

"""How far a campaign is, how fast it goes, how long it takes yet, and what failed and why."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unweave.batch.items import OWN, key_of
from unweave.batch.manifest import read_rows
from unweave.batch.outputs import output_of
from unweave.batch.rows import AGAIN, DONE, FAILED, STARTED, Row
from unweave.batch.run import RUN
from unweave.errors import UnweaveError

RECENT = 600.0  # s over which the speed is told
MOST_TOLD = 20  # items that failed


@dataclass
class Status:
    """What the manifest of an output says.

    Attributes:
        total: items, as far as the runs have said; None if none has.
        done: of them.
        failed: given up.
        again: that failed and will be tried again.
        running: that a process is at now, or was when it was killed.
        workers: processes that are alive.
        seconds: of sound that are done.
        work: s of work that this took, all workers together.
        per_hour: items done an hour, of late; None if nothing was.
        left: s that the rest takes at that speed; None if nobody works.
        reasons: how often what went wrong, the most frequent first.
        failures: some of those that failed.
    """

    total: int | None = None
    done: int = 0
    failed: int = 0
    again: int = 0
    running: int = 0
    workers: int = 0
    seconds: float = 0.0
    work: float = 0.0
    per_hour: float | None = None
    left: float | None = None
    reasons: list[tuple[str, int]] = field(default_factory=list)
    failures: list[Row] = field(default_factory=list)


def read_status(out: Path | str, now: float | None = None) -> Status:
    """What the manifest of an output says.

    Raises:
        UnweaveError: there is none.
    """
    output = output_of(out)
    with output.manifest() as folder:
        if not (folder / OWN).is_dir():
            raise UnweaveError(f"{out} has no manifest; give the folder that a run with --manifest writes to.")
        status = _told(folder, time.time() if now is None else now, output.workers())
    return status


def _told(out: Path, now: float, workers: int) -> Status:
    status, last = Status(workers=workers), dict[int, Row]()
    for row in read_rows(out):
        if (old := last.get(key := key_of(row.name))) is None or row.order >= old.order:
            last[key] = _lean(row)
    recent: list[float] = []
    reasons: Counter[str] = Counter()
    for row in last.values():
        status.done += row.state == DONE
        status.failed += row.state == FAILED
        status.again += row.state == AGAIN
        status.running += row.state == STARTED
        status.seconds += row.seconds or 0.0
        status.work += row.took or 0.0
        if row.state == DONE and row.at > now - RECENT:
            recent.append(row.at)
        if row.state in (FAILED, AGAIN):
            reasons[_kind(row)] += 1
            if len(status.failures) < MOST_TOLD:
                status.failures.append(row)
    status.reasons = reasons.most_common(MOST_TOLD)
    status.total = _total(out)
    if len(recent) > 1 and (span := now - min(recent)) > 0:
        status.per_hour = len(recent) / span * 3600
        if status.total is not None and status.workers:
            status.left = max(0, status.total - status.done - status.failed) / status.per_hour * 3600
    return status


def _lean(row: Row) -> Row:
    """What is told of a row; a million of them are held."""
    if row.state in (FAILED, AGAIN):
        return row
    return Row(row.name, "", "", row.state, row.number, at=row.at, seconds=row.seconds, took=row.took, id="")


def _kind(row: Row) -> str:
    """What went wrong, without the name of the file it went wrong with."""
    return (row.error or "for no reason that is known").replace(row.path, "FILE").replace(Path(row.path).name, "FILE")


def _total(out: Path) -> int | None:
    """Items of all shards, as the runs over the latest number of shards have counted them."""
    notes: list[dict[str, Any]] = []
    for file in (out / OWN).glob(f"{RUN}*.json"):
        with contextlib.suppress(OSError, ValueError):
            note = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(note, dict) and isinstance(note.get("total"), int) and "/" in str(note.get("shard")):
                notes.append(note)
    if not notes:
        return None
    latest = max(notes, key=lambda note: float(note.get("updated", 0)))
    count = str(latest["shard"]).partition("/")[2]
    same = [int(note["total"]) for note in notes if str(note["shard"]).partition("/")[2] == count]
    # Shards that have not begun are about as large as the others.
    return round(sum(same) / len(same) * max(len(same), int(count))) if count.isdecimal() else sum(same)

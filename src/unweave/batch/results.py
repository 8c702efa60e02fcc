"""What lies in the folder of an item, and what its row says of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.batch.items import Item
from unweave.batch.job import Job
from unweave.batch.stores import is_address
from unweave.errors import UnweaveError
from unweave.inference.report import MARK

if TYPE_CHECKING:
    from unweave.inference.events import Event
    from unweave.model import Model

DIGITS = 3
TAGS = "tags.json"
_NEW = "new"
_TOLD = ("file", "name", "mid", "level", "probability", "energy_db")  # of a track


def separated(model: Model, job: Job, item: Item, local: Path, folder: Path) -> dict[str, Any]:
    """Tracks, a changed recording, or both."""
    told: dict[str, Any] = {"tracks": []}
    if job.changes is not None:
        changed = model.remix_file(local, folder, **_of_part(job.changes, item))
        told["tracks"].append({"file": changed.path.name, "name": changed.path.name})
    if job.tracks is not None:
        report = model.separate_file(local, folder, **_of_part(job.tracks, item), name=_NEW)
        for entry in os.scandir(report.folder):
            os.rename(entry.path, folder / entry.name)
        report.folder.rmdir()
        if is_address(item.path):  # of which `local` was a copy
            plain = json.loads((folder / MARK).read_text(encoding="utf-8"))
            plain["input"]["path"] = item.path
            (folder / MARK).write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        told["tracks"] += [{key: track[key] for key in _TOLD} for track in report.to_plain()["tracks"]]
        told |= {"events": _plain(report.events), "warnings": report.warnings, "seconds": report.input["seconds"]}
    return told


def tagged(model: Model, job: Job, item: Item, local: Path, folder: Path) -> dict[str, Any]:
    """The events of a recording, in `tags.json`."""
    events = _plain(model.tag(local, **_of_part(job.tracks or {}, item)))
    names = ("class", "mid", "start", "end", "probability")
    plain = {"file": item.name, "model": model.name, "events": [dict(zip(names, e, strict=True)) for e in events]}
    (folder / TAGS).write_text(json.dumps(plain, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    return {"events": events}


def _of_part(arguments: Mapping[str, Any], item: Item) -> dict[str, Any]:
    if not item.start and item.end is None:
        return dict(arguments)
    if arguments.get("start") is not None or arguments.get("end") is not None:
        raise UnweaveError("The list names parts of recordings, so --from and --to cannot; leave one of the two out.")
    return {**arguments, "start": item.start, "end": item.end}


def _plain(events: Sequence[Event]) -> list[list[Any]]:
    return [
        [event.name, event.mid, *(round(value, DIGITS) for value in (event.start, event.end, event.probability))]
        for event in events
    ]

"""Uploads and jobs, and how they are told (docs/http.md)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from unweave.app.queue import Task
from unweave.app.refusals import Refused, not_ready

LISTENING_SHARE = 0.25  # of the time of a job
_SURE_SECONDS, _SURE_FRACTION = 1.0, 0.02  # after which the time left can be told
GIVEN = "given"  # the folder of an upload that holds the file itself
PLAYED = "played-{}.wav"  # a track that is no wav, to be played
ENDED = ("done", "failed", "cancelled")


@dataclass(eq=False)
class Upload:
    """A recording that somebody gave.

    Attributes:
        id: that nobody can guess.
        folder: of its own.
        name: of the file, as it lies in the folder `GIVEN`.
        bytes: of the file.
        state: see docs/http.md; "given" where nobody wants to look at it.
        task: what is done with it.
        about: what was seen in it: seconds, sample_rate, channels, video, warnings.
        error: why it cannot be used; where it is ready, why it could not be listened to.
        events: whether it was listened to.
    """

    id: str
    folder: Path
    name: str
    bytes: int
    state: Literal["given", "looking", "listening", "ready", "failed"] = "looking"
    task: Task | None = None
    about: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    events: bool = False

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.folder / GIVEN / self.name

    @property
    def heard(self) -> bool:
        """Whether the events are there."""
        return self.state == "ready" and self.events

    @property
    def seen(self) -> bool:
        """Whether peaks, picture and sound are there."""
        return bool(self.about)

    def made(self, name: str) -> Path:
        """A file that was made of it.

        Raises:
            Refused: not yet, or never.
        """
        path = self.folder / name
        there = self.heard if name == "events.json" else self.seen
        if not there or not path.is_file():
            raise Refused(self.error, 409, "not_ready") if self.error else not_ready(self.name)
        return path

    def plain(self) -> dict[str, Any]:
        """As docs/http.md says."""
        url = f"/api/uploads/{self.id}"
        about = {key: self.about.get(key) for key in ("seconds", "sample_rate", "channels")}
        return {
            "id": self.id,
            "url": url,
            "name": self.name,
            "bytes": self.bytes,
            "state": self.state,
            "error": self.error,
            **about,
            "video": bool(self.about.get("video")),
            "warnings": self.about.get("warnings", []),
            "progress": progress(self.task),
            "peaks": f"{url}/peaks" if self.seen else None,
            "spectrogram": f"{url}/spectrogram.png" if self.seen else None,
            "sound": f"{url}/sound" if self.seen else None,
            "events": f"{url}/events" if self.heard else None,
            "file": f"{url}/file",
        }


@dataclass(eq=False)
class Job:
    """Something that is made of a recording.

    Attributes:
        id: that nobody can guess.
        folder: of its own.
        kind: separate, change or mix.
        upload: id of the recording, which may be gone by now.
        name: of the recording.
        results: where the files lie that are given back, within the folder.
        options: as they were asked for.
        model: by name; None for a mix.
        state: see docs/http.md.
        task: for the worker.
        tracks: as docs/http.md says, without what is told of every file.
        warnings: sentences.
        error: why it failed.
        part: from and to in s, where only that part of the recording is in it; to is None for its end.
    """

    id: str
    folder: Path
    kind: Literal["separate", "change", "mix"]
    upload: str
    name: str
    results: Path
    options: dict[str, Any]
    model: str | None
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
    task: Task | None = None
    tracks: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    part: tuple[float, float | None] | None = None
    created: str = field(default_factory=lambda: datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))

    @property
    def source(self) -> Path:
        """The recording, under a second name."""
        return self.folder / GIVEN / self.name

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    def track(self, index: int, told: dict[str, Any]) -> dict[str, Any]:
        """One of `tracks`, of what a worker told of it; a changed recording is a track without events."""
        file = told["file"]
        plain = {key: told.get(key) for key in ("mid", "level", "query", "probability", "energy_db")}
        lists = {key: told.get(key, []) for key in ("events", "heard")}
        size = (self.results / file).stat().st_size
        group = file.rpartition("/")[0]
        return {"index": index, "name": told["name"], "group": group, "file": file, **plain, **lists, "bytes": size}

    def played(self, index: int) -> Path:
        """The file from which a track is played: a wav, whatever it was written as."""
        copy = self.folder / PLAYED.format(index)
        return copy if copy.is_file() else self.results / self.tracks[index]["file"]

    def plain(self, ahead: int = 0) -> dict[str, Any]:
        """As docs/http.md says; `ahead` of it are so many others."""
        url, task = f"/api/jobs/{self.id}", self.task
        begun, over = (task.begun, task.over) if task else (None, None)
        running = self.state == "waiting" and begun is not None
        return {
            "id": self.id,
            "url": url,
            "kind": self.kind,
            "upload": self.upload,
            "name": self.name,
            "options": self.options,
            "part": None if self.part is None else {"start": self.part[0], "end": self.part[1]},
            "model": self.model,
            "state": "running" if running else self.state,
            "ahead": ahead if self.state == "waiting" and not running else 0,
            "error": self.error,
            "warnings": self.warnings,
            "progress": progress(task),
            "created": self.created,
            "waited": _span(task.made if task else None, begun),
            "took": _span(begun, over),
            "tracks": [{**track, **_urls(url, track["index"])} for track in self.tracks],
            "zip": f"{url}/zip" if self.state == "done" else None,
        }


def progress(task: Task | None) -> dict[str, Any] | None:
    """How far a task is; None before it begins and after its end."""
    if task is None or task.begun is None or task.over is not None:
        return None
    part = min(1.0, task.done / task.total) if task.total else 0.0
    if task.work in ("separate", "change"):
        shares = (0.0, LISTENING_SHARE) if task.what != "separating" else (LISTENING_SHARE, 1 - LISTENING_SHARE)
        part = shares[0] + shares[1] * part
    elapsed = time.monotonic() - task.begun
    sure = elapsed >= _SURE_SECONDS and part >= _SURE_FRACTION
    left = round(elapsed * (1 - part) / part, 1) if sure else None
    return {"fraction": round(part, 4), "seconds_left": left, "what": task.what or "starting"}


def _urls(url: str, index: int) -> dict[str, str]:
    url = f"{url}/tracks/{index}"
    return {"sound": url, "played": f"{url}/played", "peaks": f"{url}/peaks"}


def _span(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 3)

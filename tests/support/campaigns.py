"""Small campaigns over made-up recordings, with the tiny model, in this process or in forks of a script."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.batch.folder import RECEIPT
from unweave.batch.hands import Inline
from unweave.batch.inputs import Inputs
from unweave.batch.items import OWN
from unweave.batch.job import Job
from unweave.batch.manifest import read_rows
from unweave.batch.outputs import output_of
from unweave.batch.rows import Row
from unweave.batch.run import Campaign, Summary
from unweave.batch.work import Worker
from unweave.model import Model

MODEL = tiny_model()
TRACKS = {"classes": ["Dog"], "overview": False}


def make_recordings(folder: Path, count: int, bad: Sequence[int] = (), seconds: float = 0.5) -> Path:
    """`count` recordings in two folders; the `bad` ones are no sound."""
    for number in range(count):
        path = folder / f"{number % 2}" / f"{number:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number in bad:
            path.write_text("no sound")
        else:
            sf.write(path, (1 + number / 100) * tones(seconds, spans={number % 4: (0, seconds)}).T, RATE)
    return folder


def a_job(out: Path | str, **more: Any) -> Job:
    return replace(Job("separate", str(out), tracks=TRACKS, settings="s", weights="w"), **more)


def campaign(
    sources: Path | Sequence[str], job: Job, model: Model | None = MODEL, worker: type[Worker] = Worker, **more: Any
) -> Summary:
    """Run one in this process."""
    found = [str(sources)] if isinstance(sources, Path) else list(sources)
    output = output_of(job.out)
    with output.part() as part:
        return Campaign(job, Inputs(found, job.out), **more).run(Inline(worker(job, part, model, output)))


def last_rows(out: Path | str) -> dict[str, Row]:
    """The last row of every item, by its name."""
    with output_of(out).manifest() as folder:
        rows = sorted({row.id: row for row in read_rows(folder)}.values(), key=lambda row: row.order)
    return {row.name: row for row in rows}


def contents(out: Path) -> dict[str, str]:
    """A hash of every file of results, but for receipts, which say when and where they were made."""
    files = [file for file in out.rglob("*") if file.is_file() and OWN not in file.parts and file.name != RECEIPT]
    return {file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def leftovers(out: Path) -> list[Path]:
    return [path for path in out.rglob(".*") if "unweave" in path.name and OWN not in path.parts]


def age(path: Path, seconds: float = 10.0) -> None:
    """Let a file be of another time than it was."""
    status = path.stat()
    os.utime(path, (status.st_atime, status.st_mtime + seconds))

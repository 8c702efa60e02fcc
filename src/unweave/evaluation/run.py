"""A run: a model measured on a benchmark, row by row, into a folder that can be gone on from at any time.

    run.json      what was measured on what, with which settings
    rows.csv      a row for each item and system
    averages/     conditions from examples (equation 9)
    summary.json  figures with intervals, once all rows are there

Items are measured in chunks that depend on their order alone, and chunks are written in order, whatever process
measured them. So a run that was killed, or shared out among processes, ends with the same rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from unweave.atomic import complete_file
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.fingerprint import data_fingerprint, machine, model_fingerprint, source_commit
from unweave.evaluation.items import Scene
from unweave.evaluation.measurer import Measurer
from unweave.evaluation.rows import ROWS, Row, RowWriter, read_rows
from unweave.evaluation.setup import Chunk, Setup, backend_of, build
from unweave.evaluation.workers import measure_in_processes
from unweave.model import Model

RUN, SUMMARY = "run.json", "summary.json"
SCHEMA = 1
TOGETHER = 32.0  # s of mixtures in a chunk
Progress = Callable[[int, int], None]


def evaluate(setup: Setup, folder: Path, workers: int = 0, progress: Progress | None = None) -> dict[str, Any]:
    """Measure, or go on measuring, and summarise.

    Args:
        setup: what is measured.
        folder: of the run; made if it is not there.
        workers: processes beside this one; 0 for this one alone.
        progress: called with the items that are done and those in all.

    Returns:
        What `summary.json` holds.

    Raises:
        UnweaveError: the folder holds a run of something else, or what is asked for cannot be done.
    """
    model, measurer = build(setup)
    items, begin = setup.benchmark.items, time.monotonic()
    told = describe(setup, model, measurer)
    folder.mkdir(parents=True, exist_ok=True)
    before = _check_same(folder, told)
    chunks = chunked(setup.benchmark)
    done = _whole_chunks(folder, chunks, len(measurer.systems)) if before is not None else 0
    past = 0.0 if before is None else float(before.get("seconds", 0.0))
    _write(folder / RUN, told | {"seconds": past})
    finished = sum(map(len, chunks[:done]))
    writer = RowWriter(folder / ROWS, measurer.columns, finished * len(measurer.systems))
    try:
        if progress:
            progress(finished, len(items))
        for number, rows in enumerate(_measured(setup, measurer, chunks[done:], workers), done):
            writer.append(rows)
            finished += len(chunks[number])
            if progress:
                progress(finished, len(items))
    finally:
        writer.close()
        _write(folder / RUN, told | {"seconds": round(past + time.monotonic() - begin, 1)})
    summary = measurer.summarise(read_rows(folder / ROWS))
    _write(folder / SUMMARY, {"run": json.loads((folder / RUN).read_text(encoding="utf-8")), **summary})
    return summary


def chunked(benchmark: Benchmark) -> list[Chunk]:
    """The items in the pieces in which they are measured and written."""
    first = benchmark.items[0]
    seconds = first.seconds if isinstance(first, Scene) else benchmark.seconds
    size = 1 if seconds is None else max(1, int(TOGETHER / seconds))
    return [benchmark.items[start : start + size] for start in range(0, len(benchmark.items), size)]


def describe(setup: Setup, model: Model, measurer: Measurer) -> dict[str, Any]:
    """What `run.json` says of a run."""
    from unweave import __version__

    benchmark = setup.benchmark
    return {
        "schema": SCHEMA,
        "benchmark": benchmark.name,
        "model": {
            "name": model.name,
            "path": setup.model,
            "fingerprint": model_fingerprint(model),
            "backend": backend_of(setup),
            "precision": setup.precision,
            "paper_row": model.card.get("paper_row"),
        },
        "options": dict(benchmark.options),
        "lowpass": benchmark.lowpass,
        "columns": list(measurer.columns),
        "systems": list(measurer.systems),
        "summary": benchmark.summary,
        "count": len(benchmark.items),
        "unit": benchmark.unit,
        "audio_seconds": benchmark.seconds and len(benchmark.items) * benchmark.seconds,
        "expected": benchmark.expected,
        "clips": dict(benchmark.clips),
        "data": data_fingerprint(benchmark),
        "batch": setup.batch,
        "commit": source_commit(),
        "unweave": __version__,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(model.device),
    }


SAME = ("benchmark", "options", "lowpass", "columns", "systems", "summary", "count", "data")


def _check_same(folder: Path, told: dict[str, Any]) -> dict[str, Any] | None:
    """What the folder's run says of itself, once it is sure that it is this one; None if there is none."""
    path = folder / RUN
    if not path.exists():
        if any(folder.iterdir()):
            raise UnweaveError(f"{folder} holds something that is no run; give another folder (--out).")
        return None
    try:
        before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise UnweaveError(f"{path} is damaged: {error}. Remove the folder, or give another one (--out).") from error
    as_read = json.loads(json.dumps(told))
    differs = [key for key in SAME if before.get(key) != as_read[key]]
    old, new = before.get("model", {}), told["model"]
    runs = {"fingerprint": None, "backend": "eager", "precision": "float32"}  # what a run says that says nothing of it
    same = all(old.get(key, usual) == new[key] for key, usual in runs.items())
    differs += [] if same else ["model"]
    if differs:
        raise UnweaveError(
            f"{folder} holds a run with another {' and another '.join(differs)}; give another folder (--out), or "
            "remove that one."
        )
    return before


def _whole_chunks(folder: Path, chunks: Sequence[Chunk], systems: int) -> int:
    """How many chunks are in the rows completely."""
    if not (folder / ROWS).exists():
        return 0
    left, done = len(read_rows(folder / ROWS, whole=False)), 0
    for chunk in chunks:
        left -= len(chunk) * systems
        if left < 0:
            break
        done += 1
    return done


def _measured(setup: Setup, measurer: Measurer, chunks: Sequence[Chunk], workers: int) -> Iterator[list[Row]]:
    """The rows of each chunk, in order."""
    if workers < 1 or len(chunks) < 2:
        yield from (measurer(chunk) for chunk in chunks)
        return
    yield from measure_in_processes(setup, chunks, workers)


def _write(path: Path, values: dict[str, Any]) -> None:
    with complete_file(path) as part:
        part.write_text(json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")

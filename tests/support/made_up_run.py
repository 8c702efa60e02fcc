"""Folders of runs as `unweave evaluate` writes them, with figures that are made up."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unweave.evaluation.rows import ROWS, RowWriter
from unweave.evaluation.runs import REFERENCES, Run

SYSTEMS = (*REFERENCES, "oracle", "average", "soft", "onehot", "example")
Value = Callable[[str, str, int, str], float]
"""From the system, the label, the number of the item within its label, and the column."""
HEIGHTS = {"mixture": 0.0, "ideal ratio mask": 11.0, "ideal complex mask": 20.0, "oracle": 8.0, "average": 5.0}


def noise(*words: object) -> float:
    """A number that depends on nothing but the words, about normal."""
    return float(np.random.default_rng(zlib.crc32(repr(words).encode())).standard_normal())


def likely(system: str, label: str, number: int, column: str) -> float:
    """What could have been measured: the mixture has no improvement, masks are best, classes differ."""
    base = noise(label, number) * 0.5 if column == "sdr" else 0.0
    if system == "mixture":
        return base
    return base + HEIGHTS.get(system, 4.0) + 2.5 * noise(label) + noise(system, label, number)


def write_run(
    folder: Path,
    model: str = "table2-cnn14",
    benchmark: str = "fsdkaggle2018",
    labels: Mapping[str, int] | None = None,
    value: Value = likely,
    columns: Sequence[str] = ("sdr", "sdri"),
    systems: Sequence[str] = SYSTEMS,
    asked: Sequence[str] = ("oracle", "average"),
    part: Callable[[int], str] = lambda number: "",
    group: Callable[[str, int], str] = lambda label, number: "",
    skip: Sequence[str] = (),
    differs: Sequence[str] | None = (),
    **about: Any,
) -> Run:
    """Write a run.

    Args:
        folder: to make.
        model, benchmark: their names.
        labels: how many items each has.
        value: a figure; NaN for none.
        columns, systems: of the rows.
        asked: systems beside the references that have figures; the others have rows without.
        part: of an item by its number.
        group: of an item by its label and number; "" for one of its own.
        skip: names of items that are left out, as "Dog-0".
        differs: what the model's training differed in from the row of the paper that it is called after; None if it
            does not say.
        about: more for `run.json`, or other values.
    """
    labels = {"Dog": 3, "Rain": 3} if labels is None else labels
    folder.mkdir(parents=True)
    rows: list[dict[str, str | float]] = []
    for label, count in labels.items():
        for number in range(count):
            if (item := f"{label}-{number}") in skip:
                continue
            for system in systems:
                known = system in (*REFERENCES, *asked)
                row = {name: value(system, label, number, name) if known else float("nan") for name in columns}
                keys = {"item": item, "label": label, "group": group(label, number), "part": part(number)}
                rows.append({**keys, "system": system, **row})
    writer = RowWriter(folder / ROWS, columns)
    writer.append(rows)
    writer.close()
    plain = {
        "schema": 1,
        "benchmark": benchmark,
        "model": {
            "name": model,
            "path": f"runs/{model}/model",
            "fingerprint": f"{zlib.crc32(model.encode()):08x}",
            "paper_row": None if differs is None else {"row": model, "differs": list(differs)},
        },
        "options": {},
        "columns": list(columns),
        "systems": list(systems),
        "summary": "median",
        "count": len(rows) // len(systems),
        "expected": None,
        "clips": {},
        "commit": "abc1234",
        "unweave": "0.1",
        "date": "2026-01-02T03:04:05",
        "machine": "2 cores",
        "data": "0123abcd",
        "lowpass": None,
        "seconds": 12.0,
        "audio_seconds": 800.0,
    }
    (folder / "run.json").write_text(json.dumps({**plain, **about}), encoding="utf-8")
    return Run(folder)

"""Two nodes of a Ray cluster against one: how much more gets done, and what it costs.

    python benchmarks/batch_nodes.py       # writes benchmarks/results/batch_nodes.json

Both nodes lie on this machine, with a core each, and take turns with one node alone. The rate is that of the time in
which all actors work, by the rows of the manifest, so that starting is left out. On a machine that does other things,
two processes get little more than one: processor time for each file says what sharing itself costs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from batch_kills import BAD, Run, make_files
from machine import commit, load, machine

from unweave.batch.manifest import read_rows
from unweave.batch.rows import DONE

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
RESULTS = Path(__file__).parent / "results" / "batch_nodes.json"


def measure(words: list[str], out: Path, count: int) -> dict[str, Any]:
    """A run on so many nodes."""
    from nodes import Nodes

    spent: dict[int, float] = {}
    with Nodes(count) as nodes:
        run = Run([*words, "-o", str(out), "--cluster", nodes.address, "--workers", str(count)], nodes)
        while run.process.poll() is None:
            for one in run.workers():
                try:
                    spent[one.pid] = sum(one.cpu_times()[:2])
                except psutil.Error:
                    continue
            time.sleep(0.5)
    rows = {row.id: row for row in read_rows(out) if row.state == DONE}.values()
    times: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        times[row.process].append(row.at)
    first, last = max(min(at) for at in times.values()), min(max(at) for at in times.values())
    inside = sum(first < row.at <= last for row in rows)
    found = {"nodes": count, "actors": len(times), "done": len(rows), "an_hour": round(3600 * inside / (last - first))}
    return found | {"processor_s_each_with_start": round(sum(spent.values()) / len(rows), 3)}


def main() -> None:
    """Measure in turns, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each file")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    before, found = load(), []
    from untrained import write_untrained

    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_files(root / "in", asked.files, asked.seconds)
        own = ["--model", write_untrained(root), "--class", "Dog", "--quiet", "--manifest"]
        words = [sys.executable, "-m", "unweave", "separate", str(root / "in"), *own]
        for number in range(asked.rounds):
            for count in (1, 2) if number % 2 else (2, 1):
                found.append(measure(words, root / f"out-{number}-{count}", count))
                print(json.dumps(found[-1]), flush=True)
                assert found[-1]["done"] == asked.files - asked.files // BAD
    one, two = (
        {key: median(each[key] for each in found if each["nodes"] == count) for key in found[0]} for count in (1, 2)
    )
    told = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "load": [before, load()],
        "cores": len(os.sched_getaffinity(0)),
        "times_as_many_an_hour": round(two["an_hour"] / one["an_hour"], 2),
        "times_the_processor_time": round(two["processor_s_each_with_start"] / one["processor_s_each_with_start"], 2),
        "runs": found,
    }
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

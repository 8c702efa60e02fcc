"""A stream beside the file: what latency costs in SDRi, in work, and how long a click really takes; for docs/live.md.

    python benchmarks/stream.py ../shared/data [--pairs 81] [--latencies 0.1 0.25 0.5 1] [--page docs/live.md]

Mixtures: the published ESC-50 pairs of which both clips are held out and the target has a name (5 s, equal energy).
The file is asked with `Model.separate`, the stream begins with the mixture's first sample (a cold start) and is shifted
back by its delay. Differences are paired, with 95 % bootstrap intervals over recordings. Work is processor seconds for
each second of sound, of one class and of four that sound all the time, in a process that is bound to one or two cores
and has as many threads. The clicks are those of stream_click.py. Rows are kept in --rows and not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from machine import commit, load, machine
from stream_click import click

from unweave.evaluation.benchmarks.base import benchmarks
from unweave.evaluation.items import Item
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.mixtures import make_mixture
from unweave.evaluation.statistics import Figure, Measured, paired, summarise
from unweave.model import Model

LATENCIES = (0.1, 0.25, 0.5, 1.0)
RATE = 48000  # Hz, where work is measured
CLASSES = ["Speech", "Music", "Dog", "Rain"]
ASKED = {"one class": (1, 1), "four": (4, 1), "one, stereo": (1, 2)}  # classes, channels
BEGIN, END = "<!-- measured by benchmarks/stream.py -->", "<!-- end -->"


def live_model(backend: str = "auto", precision: str = "auto") -> Model:
    """As the command loads it."""
    from unweave.cli.stream import load_for_stream

    return load_for_stream(None, "cpu", backend, precision)


def pairs(data: Path, count: int) -> tuple[Any, list[Item]]:
    """The benchmark, and its named items in an order that does not depend on how many are taken."""
    benchmark = benchmarks.build("esc50", root=data, pairs=str(data / "esc50_published_pairs.csv"))
    named = [item for item in benchmark.items if item.classes]
    order = np.random.default_rng(1).permutation(len(named))
    return benchmark, [named[place] for place in order[:count]]


def measure(data: Path, count: int, latencies: list[float], path: Path) -> list[dict[str, Any]]:
    """A row of SDRi for each pair: of the file, and of each latency."""
    import unweave

    rows = {row["id"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())} if path.exists() else {}
    benchmark, items = pairs(data, count)
    models: list[Model] = []
    for item in items:
        row = rows.setdefault(item.id, {"id": item.id, "label": item.label, "group": item.group})
        wanted = [latency for latency in latencies if str(latency) not in row]
        if not wanted and "file" in row:
            continue
        models = models or [unweave.load_model(device="cpu", backend="eager"), live_model()]
        sound = make_mixture(benchmark, item)
        before = sdr(sound.target, sound.mixture)
        if "file" not in row:
            track = models[0].separate(sound.mixture, sound.sample_rate, classes=item.classes, residual=False)[0]
            row["file"] = sdr(sound.target, track.audio) - before
        for latency in wanted:
            live = models[1].live(sound.sample_rate, len(sound.mixture), classes=item.classes, latency=latency)
            given = np.concatenate([live.push(sound.mixture), live.flush()], axis=1)[:, live.delay :]
            row[str(latency)] = sdr(sound.target, given) - before
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in rows.values()), "utf-8")
        print({name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}, flush=True)
    return [rows[item.id] for item in items]


def work(latencies: list[float], seconds: float = 5.0) -> dict[str, dict[str, float]]:
    """Processor seconds for each second of sound that sounds all the time, by latency and `ASKED`, in this process."""
    rng, model = np.random.default_rng(0), live_model()
    found: dict[str, dict[str, float]] = {}
    for latency in latencies:
        for name, (classes, channels) in ASKED.items():
            live = model.live(RATE, channels, classes=CLASSES[:classes], latency=latency, threshold=0.0)
            live.rehearse()
            block = rng.normal(0, 0.05, (channels, RATE)).astype(np.float32)
            live.push(block)
            begun = time.process_time()
            for _ in range(round(seconds)):
                live.push(block)
            live.close()
            found.setdefault(str(latency), {})[name] = (time.process_time() - begun) / seconds
    return found


def work_on(cores: int, latencies: list[float]) -> dict[str, dict[str, float]]:
    """The same in a process that has so many cores, and as many threads."""
    code = f"import json, stream; print(json.dumps(stream.work({latencies})))"
    here = str(Path(__file__).parent)
    variables = {**os.environ, "OMP_NUM_THREADS": str(cores), "PYTHONPATH": os.pathsep.join([*sys.path, here])}
    own = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=variables,
        preexec_fn=lambda: os.sched_setaffinity(0, own),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def costs(latencies: list[float], path: Path) -> dict[str, dict[str, Any]]:
    """By latency: work on one and two cores, and the click; what is in the file is not measured again."""
    known: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def keep(latency: str, name: str, value: Any) -> None:
        known.setdefault(latency, {})[name] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known, indent=1), "utf-8")

    for cores in (1, 2):
        wanted = [one for one in latencies if str(cores) not in known.get(str(one), {})]
        for latency, found in work_on(cores, wanted).items() if wanted else ():
            keep(latency, str(cores), found)
            print(latency, f"on {cores}", found, flush=True)
    for one in latencies:
        if "click" not in known.get(str(one), {}):
            keep(str(one), "click", click(one))
            print(one, known[str(one)]["click"], flush=True)
    return known


def page(rows: list[dict[str, Any]], latencies: list[float], known: dict[str, dict[str, Any]]) -> str:
    """The table for the docs."""

    def figure(found: Figure) -> str:
        return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"

    def of(name: str, known: list[dict[str, Any]]) -> list[Measured]:
        return [Measured("", row["group"], row[name]) for row in known]

    lines = [
        f"{date.today()}, commit {commit()}, {machine()}, load of the machine {load()}.",
        "",
        "| | pairs | SDRi, mean | median | less than the file, mean | median |",
        "|---|--:|---|--:|---|--:|",
    ]
    for name in ("file", *map(str, latencies)):
        there = [row for row in rows if name in row]
        if not there:
            continue
        found = figure(summarise(of(name, there), "mean"))
        cells = [str(len(there)), found, median([row[name] for row in there]), "", ""]
        if name != "file":
            cells[3] = figure(paired(of(name, there), of("file", there), "mean"))
            cells[4] = median([row["file"] - row[name] for row in there])
        lines.append(f"| {'the file' if name == 'file' else name + ' s'} | {' | '.join(cells)} |")
    titles = [f"{name}, {cores} {'core' if cores == 1 else 'cores'}" for name in ASKED for cores in (1, 2)]
    lines += [
        "",
        f"| | {' | '.join(titles)} | click, samples | click by the clock |",
        "|---|" + (len(titles) + 2) * "--:|",
    ]
    for name in map(str, latencies):
        cost = known.get(name, {})
        spent = [f"{cost[str(cores)][what]:.2f}" if str(cores) in cost else "" for what in ASKED for cores in (1, 2)]
        late = cost.get("click")
        clock = f"{late['seconds']:.2f} s ({late['least']:.2f} to {late['most']:.2f})" if late else ""
        lines.append(f"| {name} s | {' | '.join(spent)} | {late['samples'] if late else ''} | {clock} |")
    return "\n".join(lines)


def median(values: list[float]) -> str:
    """In the page."""
    return f"{np.median(values):.2f}"


def main() -> int:
    """Measure, print, and write the page's part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=81)
    parser.add_argument("--latencies", type=float, nargs="+", default=list(LATENCIES))
    parser.add_argument("--rows", type=Path, default=Path("build/stream/rows.jsonl"))
    parser.add_argument("--page", type=Path)
    parser.add_argument("--only", choices=("sdr", "cost", "page"))
    asked = parser.parse_args()
    place = asked.rows.with_suffix(".costs.json")
    rows: list[dict[str, Any]] = []
    if asked.only == "page":
        rows = [json.loads(line) for line in asked.rows.read_text("utf-8").splitlines()]
    elif asked.only != "cost":
        rows = measure(asked.data, asked.pairs, asked.latencies, asked.rows)
    if asked.only == "sdr":
        return 0
    if asked.only == "page":
        known = json.loads(place.read_text("utf-8")) if place.exists() else {}
    else:
        known = costs(asked.latencies, place)
    if rows:
        table = page(rows, asked.latencies, known)
        print(table)
        if asked.page:
            text = asked.page.read_text("utf-8")
            before, _, rest = text.partition(BEGIN)
            after = rest.partition(END)[2]
            asked.page.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

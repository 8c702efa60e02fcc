"""A stream beside the file: what latency costs in SDRi, in work, and how long a click really takes; for docs/live.md.

    python benchmarks/stream.py ../shared/data [--pairs 81] [--latencies 0.1 0.25 0.5 1] [--page docs/live.md]
    python benchmarks/stream.py --hours 2        # a simulated stream of two hours: is memory flat, is the clock exact?

Mixtures: the published ESC-50 pairs of which both clips are held out and the target has a name (5 s, equal energy).
The file is asked with `Model.separate`, the stream begins with the mixture's first sample (a cold start) and is shifted
back by its delay. Differences are paired, with 95 % bootstrap intervals over recordings. Work is processor seconds for
each second of sound, in a process that is bound to one or two cores; the click goes through pipes of `unweave stream`
at the pace of a clock and is timed from the writing of its sample to its reading. Rows are kept in --rows and not
measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from machine import commit, load, machine
from numpy.typing import NDArray

from unweave.evaluation.benchmarks.base import benchmarks
from unweave.evaluation.items import Item
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.mixtures import make_mixture
from unweave.evaluation.statistics import Figure, Measured, paired, summarise
from unweave.model import Model

Samples = NDArray[np.float32]
LATENCIES = (0.1, 0.25, 0.5, 1.0)
RATE, CLICK, SECONDS = 48000, 4.0, 8.0  # of the click
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


def work(latency: float, channels: int, seconds: float = 10.0) -> dict[str, float]:
    """Processor seconds and wall seconds of one class for each second of sound, in this process."""
    rng = np.random.default_rng(0)
    live = live_model().live(RATE, channels, classes=["Speech"], latency=latency, threshold=0.0)
    live.rehearse()
    live.rehearse()
    block = rng.normal(0, 0.05, (channels, RATE)).astype(np.float32)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(round(seconds)):
        live.push(block)
    live.close()
    return {"cpu": (time.process_time() - cpu) / seconds, "wall": (time.perf_counter() - wall) / seconds}


def work_on(cores: int, latency: float, channels: int) -> dict[str, float]:
    """The same in a process that has so many cores."""
    code = f"import json, stream; print(json.dumps(stream.work({latency}, {channels})))"
    variables = {**os.environ, "OMP_NUM_THREADS": str(cores), "PYTHONPATH": os.pathsep.join([*sys.path, _here()])}
    own = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=variables,
        preexec_fn=lambda: os.sched_setaffinity(0, own),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _here() -> str:
    return str(Path(__file__).parent)


def click(latency: float) -> dict[str, float]:
    """How much later a click is read than it was written, in samples and in s, through the pipes of the command."""
    words = f"stream --remove Speech --rate {RATE} --sample-format f32le --latency {latency} --quiet".split()
    # Two processes for two ends of a pipe; the environment is that of this one.
    child = subprocess.Popen(
        [sys.executable, "-m", "unweave", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert child.stdin is not None and child.stdout is not None
    sound = np.random.default_rng(0).normal(0, 1e-4, round(SECONDS * RATE)).astype("<f4")
    sound[round(CLICK * RATE)] = 1.0
    step, heard, written = RATE // 100, [0.0, -1.0], 0.0

    def listen() -> None:
        assert child.stdout is not None
        at = 0
        while data := child.stdout.read(1 << 16):
            now, samples = time.perf_counter(), np.frombuffer(data, "<f4")
            if heard[1] < 0 and len(samples) and np.abs(samples).max() > 0.5:
                heard[:] = [now, at + int(np.abs(samples).argmax())]
            at += len(samples)

    listener = threading.Thread(target=listen)
    listener.start()
    child.stdin.write(sound[:step].tobytes())  # the model is loaded when something comes out; only then the clock runs
    began = None
    for at in range(step, len(sound), step):
        if began is None:
            while child.poll() is None and not _came(child):
                time.sleep(0.05)
            began = time.perf_counter() - at / RATE
        time.sleep(max(0.0, began + (at + step) / RATE - time.perf_counter()))
        if at <= round(CLICK * RATE) < at + step:
            written = time.perf_counter()
        child.stdin.write(sound[at : at + step].tobytes())
    child.stdin.close()
    listener.join()
    child.wait()
    return {"samples": heard[1] - round(CLICK * RATE), "seconds": heard[0] - written}


def _came(child: subprocess.Popen[bytes]) -> bool:
    """Whether the command has taken what was written: the pipe to it is empty."""
    import array
    import fcntl
    import termios

    assert child.stdin is not None
    left = array.array("i", [1])
    fcntl.ioctl(child.stdin.fileno(), termios.FIONREAD, left)
    return left[0] == 0


def soak(hours: float) -> None:
    """A stream of so many hours through narrow networks: memory, and whether a click of each minute is in its place."""
    import resource

    sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
    from untrained import write_untrained

    import unweave

    folder = Path("build/stream")
    model = unweave.load_model(write_untrained(folder) if not (folder / "untrained").exists() else folder / "untrained")
    live = model.live(44100, 2, remove="Speech", threshold=1.0)
    rng, minute, wrong, first = np.random.default_rng(0), 44100 * 60, 0, 0
    total, place = round(hours * 60), 0
    for number in range(total):
        sound = np.zeros((2, minute), np.float32)
        sound[:, place] = 1.0
        at = 0
        given = []
        while at < minute:
            count = int(rng.integers(1, 9000))
            given.append(live.push(sound[:, at : at + count]))
            at += count
        found = np.flatnonzero(np.concatenate(given, axis=1)[0] == 1.0)
        wrong += list(found) != [place + live.delay]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        first = first or peak
        print(
            f"{number + 1} min: {wrong} clicks out of place, peak memory {peak} MB (first minute {first} MB)",
            flush=True,
        )


COLUMNS = (("1 1", "cpu"), ("1 2", "cpu"), ("1 1", "wall"), ("2 1", "wall"), ("click", "seconds"))


def _cell(cost: dict[str, Any], what: str, figure: str) -> str:
    """Empty where it was not measured."""
    return f"{cost[what][figure]:.2f}" if what in cost else ""


def page(rows: list[dict[str, Any]], latencies: list[float], costs: dict[float, dict[str, Any]], pairs_: int) -> str:
    """The table for the docs."""

    def figure(found: Figure) -> str:
        return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"

    def of(name: str) -> list[Measured]:
        return [Measured("", row["group"], row[name]) for row in rows]

    lines = [
        f"{date.today()}, commit {commit()}, {machine()}, load of the machine {load()}; {pairs_} pairs.",
        "",
        "| | SDRi, mean | less than the file, mean | median | work, mono | stereo | on one core | on two | click |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
        f"| the file | {figure(summarise(of('file'), 'mean'))} | | | | | | | |",
    ]
    for latency in latencies:
        name, cost = str(latency), costs.get(latency, {})
        loss = paired(of(name), of("file"), "mean")
        median = float(np.median([row["file"] - row[name] for row in rows]))
        cells = [_cell(cost, *where) for where in COLUMNS]
        lines.append(
            f"| {latency:g} s | {figure(summarise(of(name), 'mean'))} | {figure(loss)} | {median:.2f} | "
            f"{' | '.join(cells)} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write the page's part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--pairs", type=int, default=81)
    parser.add_argument("--latencies", type=float, nargs="+", default=list(LATENCIES))
    parser.add_argument("--rows", type=Path, default=Path("build/stream/rows.jsonl"))
    parser.add_argument("--page", type=Path)
    parser.add_argument("--only", choices=("sdr", "cost", "page"))
    parser.add_argument("--hours", type=float)
    asked = parser.parse_args()
    if asked.hours:
        soak(asked.hours)
        return 0
    if asked.data is None:
        parser.error("say where the data are, or --hours")
    rows = measure(asked.data, asked.pairs, asked.latencies, asked.rows) if asked.only != "cost" else []
    if asked.only == "sdr":
        return 0
    place = asked.rows.with_suffix(".costs.json")
    known = json.loads(place.read_text("utf-8")) if place.exists() else {}
    for latency in asked.latencies:
        if str(latency) not in known and asked.only != "page":
            cost = {f"{cores} {count}": work_on(cores, latency, count) for cores, count in ((1, 1), (1, 2), (2, 1))}
            known[str(latency)] = {**cost, "click": click(latency), "load": load()}
            place.write_text(json.dumps(known, indent=1), "utf-8")
            print(latency, known[str(latency)], flush=True)
    costs = {latency: known.get(str(latency), {}) for latency in asked.latencies}
    if rows:
        table = page(rows, asked.latencies, costs, len(rows))
        print(table)
        if asked.page:
            text = asked.page.read_text("utf-8")
            before, _, rest = text.partition(BEGIN)
            after = rest.partition(END)[2]
            asked.page.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

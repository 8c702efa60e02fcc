"""How many clips of 10 s an hour: one command each, all in a batch, and what the networks alone would take.

    python benchmarks/batch_rate.py                         # writes benchmarks/results/batch_rate.json
    python benchmarks/batch_rate.py --rounds 0 --clips 8    # one worker alone, for a machine that is very busy

Three sides take turns on the same clips, cut out of `examples/scene.flac` (stereo, 44.1 kHz): `unweave separate` for
each clip; the batch over some of them and over all of them, whose difference is what a clip takes once everything has
started; and the networks alone, tagger and separator with their transforms, in as many processes as the batch has
workers, with one thread each and full batches of as many rows as the batch asks for in all. Ratios are by processor
time, which says little of other work on the machine, and by the clock, which says much of it.

Before the turns one worker does the clips inside of this process, which tells how many rows they ask for; beside it
stand the networks in one process, and one command.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import soundfile
import torch
from machine import commit, load, machine
from processes import run
from recordings import SCENE

from unweave.batch.crew import Crew, settle_in
from unweave.batch.gather import ROWS, Gather
from unweave.batch.hands import Outcome
from unweave.batch.inputs import Inputs
from unweave.batch.job import Job
from unweave.batch.pool import AT_ONCE
from unweave.batch.rows import DONE
from unweave.batch.work import Task
from unweave.inference.segmenting import Grid, Segmenter

SECONDS = 10
RESULTS = Path(__file__).parent / "results" / "batch_rate.json"


def make_clips(folder: Path, count: int) -> list[Path]:
    """Different stretches of the scene."""
    samples, rate = soundfile.read(SCENE, dtype="int16")
    steps = (len(samples) - SECONDS * rate) / count
    folder.mkdir()
    paths = [folder / f"clip-{number:04d}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        first = round(number * steps)
        soundfile.write(path, samples[first : first + SECONDS * rate], rate, "PCM_16")
    return paths


def one_worker(clips: Path, few: Path, out: Path) -> tuple[dict[str, int], tuple[float, float], float]:
    """What a worker of a batch does, here.

    Returns:
        Rows that its items ask of each network; seconds of both kinds for each item; and how many times what it takes
        is of what its networks take in it, as the clock of their thread says.
    """
    rows: Counter[str] = Counter()
    inside, model = [0.0], Job("separate", str(out)).load()
    ask, done = Gather.ask, threading.Semaphore(0)

    def counted(self: Gather, name: str, call: Any, asked: Sequence[Any]) -> list[Any]:
        rows[name.split()[0]] += len(asked)
        return ask(self, name, call, asked)

    def answer(outcome: Outcome) -> None:
        assert outcome.row is not None and outcome.row.state == DONE, outcome
        done.release()

    def timed(function: Any) -> Any:
        def call(*tensors: Any) -> Any:
            begin = time.thread_time()
            result = function(*tensors)
            inside[0] += time.thread_time() - begin
            return result

        return call

    settle_in()
    Gather.ask = counted  # type: ignore[method-assign]
    for owner, name in ((model.tagger, "forward"), (model.separator, "encode"), (model.separator, "decode")):
        setattr(owner, name, timed(getattr(owner, name)))
    with Crew(Job("separate", str(out), tracks={"overview": False}), AT_ONCE, model) as crew:
        for source in (few, clips):  # the first ones warm it up
            rows.clear()
            inside[0] = 0.0
            items = [item for item in Inputs([str(source)], out) if not (out / item.place).exists()]
            clock, processor = time.perf_counter(), time.process_time()
            for item in items:
                crew.begin(Task(item), answer)
            for _ in items:
                done.acquire()
            spent = time.process_time() - processor, time.perf_counter() - clock
    Gather.ask = ask  # type: ignore[method-assign]
    return dict(rows), (spent[0] / len(items), spent[1] / len(items)), spent[0] / inside[0]


def networks(pipe: Connection, clip: Path, batches: dict[str, int]) -> None:
    """So many full batches of each network, in a process of its own: seconds of processor time and of the clock."""
    settle_in()
    model = Job("separate", "").load()
    assert model.tagger is not None
    samples, rate = soundfile.read(clip, dtype="float32")
    segmenter = Segmenter(rate, samples.shape[1], Grid.of(model))
    segments = segmenter.push(samples.T) + segmenter.finish()
    wave = torch.stack([torch.from_numpy(segment[0]) for segment in segments[:ROWS]])
    condition = torch.rand(ROWS, model.separator.condition_dim) / 100
    with torch.inference_mode():
        encoding = model.separator.encode(wave)
        calls = {
            "hear": lambda: model.tagger(wave),
            "encode": lambda: model.separator.encode(wave),
            "decode": lambda: model.separator.decode(encoding, condition),
        }
        for call in calls.values():
            call()
        pipe.send(None)  # ready
        pipe.recv()
        clock, processor = time.perf_counter(), time.process_time()
        for name, count in batches.items():
            for _ in range(count):
                calls[name]()
        pipe.send((time.process_time() - processor, time.perf_counter() - clock))


def alone(workers: int, clip: Path, rows: dict[str, float]) -> tuple[float, float]:
    """All those rows, shared out among processes: seconds of processor time of all, of the clock of the slowest."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(workers):
        ours, theirs = context.Pipe()
        batches = {name: round(count / ROWS / workers) for name, count in rows.items()}
        processes.append(context.Process(target=networks, args=(theirs, clip, batches)))
        pipes.append(ours)
        processes[-1].start()
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send(None)
    spent = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return sum(processor for processor, _ in spent), max(clock for _, clock in spent)


def command(sources: Path, out: Path, *more: str) -> tuple[float, float]:
    """`unweave separate` from start to end: seconds of processor time, with that of its workers, and of the clock."""
    words = [sys.executable, "-m", "unweave", "separate", str(sources), "-o", str(out), "--quiet", *more]
    told = run(words)
    return told["processor"], told["seconds"]


def sides(single: float, batch: float, networks: float) -> dict[str, float]:
    """Seconds of a clip on each side, and their ratios."""
    ratios = {"times_as_many": single / batch, "times_the_networks": batch / networks}
    return {"single": single, "batch": batch, "networks": networks, **ratios}


def main() -> None:
    """Measure in turns, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=32, help="of the longer batch")
    parser.add_argument("--few", type=int, default=8, help="clips of the shorter one")
    parser.add_argument("--single", type=int, default=4, help="clips that get a command each, in every round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    before, rounds = load(), []
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        clips = make_clips(root / "clips", asked.clips)
        (root / "few").mkdir()
        for path in clips[:: asked.clips // asked.few][: asked.few]:
            (root / "few" / path.name).symlink_to(path)
        more = asked.clips - asked.few
        rows, worker, within = one_worker(root / "clips", root / "few", root / "inside")
        network, single = alone(1, clips[0], rows), command(clips[0], root / "once")
        inside = {
            kind: sides(single[place], worker[place], network[place] / more)
            for place, kind in enumerate(("processor", "clock"))
        }
        inside["processor"]["times_the_networks_within"] = within
        print(json.dumps(inside), flush=True)
        for number in range(asked.rounds):
            out = root / f"round-{number}"
            singles = [command(clip, out / "single", "--overwrite") for clip in clips[: asked.single]]
            many = ["--manifest", "--workers", str(asked.workers)]
            few, whole = (command(root / name, out / name, *many) for name in ("few", "clips"))
            network = alone(asked.workers, clips[0], rows)
            one = {}
            for place, kind in enumerate(("processor", "clock")):
                each, alone_ = (whole[place] - few[place]) / more, sum(spent[place] for spent in singles) / len(singles)
                one[kind] = sides(alone_, each, network[place] / more)
                one[kind]["batch_with_its_start"] = whole[place] / asked.clips
            rounds.append(one)
            print(json.dumps(one), flush=True)
    found = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "load": [before, load()],
        "workers": asked.workers,
        "clips": asked.clips,
        "rows": rows,
        "one_worker": inside,
        "median": {
            kind: {name: round(median(one[kind][name] for one in rounds or [inside]), 3) for name in own}
            for kind, own in (rounds or [inside])[0].items()
        },
        "rounds": rounds,
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found["median"], indent=1))


if __name__ == "__main__":
    main()

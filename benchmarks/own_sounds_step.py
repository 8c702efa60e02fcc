"""What a training step of `unweave train my-sounds` takes, part by part, in float32 and in bfloat16.

    python benchmarks/own_sounds_step.py [--steps 8] [--threads 2]

Ten made-up classes of eight clips; times are medians over the steps, in ms. The last column is processor time, of all
threads together: on a machine that does other work too, it alone says something. Which of both precisions `auto` takes
on this processor is said below.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import torch.optim.optimizer

from unweave.data.datasets import datasets
from unweave.data.store import append
from unweave.training import loop
from unweave.training.halves import bfloat16_is_quicker
from unweave.training.reading import read_recipe
from unweave.training.run import run

CLASSES, CLIPS, RATE = 10, 8, 32000
PARTS = ("draw", "forward", "backward", "optimiser")
WORK = "work of "
PRECISIONS = ("32", "bf16")


def sounds(folder: Path) -> Path:
    """Clips of 4 s: noise in a band of its own for each class, switched on and off."""
    rng = np.random.default_rng(0)
    for key in range(CLASSES):
        (folder / f"class {key}").mkdir(parents=True)
        for clip in range(CLIPS):
            spectrum = np.fft.rfft(rng.standard_normal(4 * RATE))
            frequency = np.fft.rfftfreq(4 * RATE, 1 / RATE)
            spectrum[(frequency < 300 * (key + 1)) | (frequency > 600 * (key + 1))] *= 0.01
            wave = np.fft.irfft(spectrum) * (np.sin(np.arange(4 * RATE) / RATE * 5 + clip) > 0)
            soundfile.write(folder / f"class {key}" / f"{clip}.wav", 0.3 * wave / np.abs(wave).max(), RATE)
    return folder


@contextmanager
def watched(times: dict[str, list[float]]) -> Iterator[None]:
    """Measure the parts of every step of the loop."""

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began, worked = time.perf_counter(), time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                times[name].append(1000 * (time.perf_counter() - began))
                times[WORK + name].append(1000 * (time.process_time() - worked))

        return call

    init = loop._Run.__init__

    def start(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.task.draw = timed("draw", self.task.draw)
        self.task.loss = timed("forward", self.task.loss)
        self.fabric.backward = timed("backward", self.fabric.backward)
        self.optimiser.step = timed("optimiser", self.optimiser.step)

    loop._Run.__init__ = start  # type: ignore[method-assign]
    try:
        yield
    finally:
        loop._Run.__init__ = init  # type: ignore[method-assign]


def measured(folder: Path, precision: str, steps: int) -> dict[str, tuple[float, ...]]:
    """Medians in ms of the parts of a step, and of the processor time of a whole one, for tagger and separator."""
    common = [f"data.store={folder / 'store'}", f"folder={folder / precision}"]
    result = {}
    for what, other in (("tagger", "separator.learn.0"), ("separator", "tagger.learn")):
        part = what if what == "tagger" else "separator"
        mine = "tagger.learn" if what == "tagger" else "separator.learn.0"
        times: dict[str, list[float]] = {name: [] for part in PARTS for name in (part, WORK + part)}
        changes = [f"{mine}.loop.steps={steps}", f"{mine}.loop.precision={precision}"]
        if what == "tagger":
            changes.append("separator.learn=[]")
        else:
            changes += [f"{other}.loop.steps={steps}", f"{other}.loop.precision={precision}"]
        with watched(times):
            run(read_recipe("my-sounds", [*common, *changes, f"{mine}.loop.evaluate_every=1000000"]))
        median = {name: statistics.median(values[-steps:]) for name, values in times.items()}
        result[part] = *(median[name] for name in PARTS), sum(median[WORK + name] for name in PARTS)
    return result


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        append(datasets.build("folder", root=sounds(folder / "sounds")), folder / "store")
        for precision in PRECISIONS:
            for part, (*times, work) in measured(folder, precision, arguments.steps).items():
                rows.append([part, precision, *(f"{value:.0f}" for value in (*times, sum(times), work))])
    writer = csv.writer(sys.stdout, delimiter="\t")
    writer.writerow(["learnt", "precision", *PARTS, "step", "processor"])
    writer.writerows(rows)
    print(f"auto is {'bfloat16' if bfloat16_is_quicker(torch.device('cpu')) else 'float32'} on this processor")


if __name__ == "__main__":
    main()

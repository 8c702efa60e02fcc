"""Pairs of 2 s for a model of 4 s (Table 6): repeated to its segment, or beside silence?

    python benchmarks/short_sounds.py --out build/short-sounds      # about ten minutes on two cores

The paper does not say how its models of longer anchors were given pairs of 2 s. A small ResUNet learns by the paper's
method from made-up sounds, from anchors of 4 s, and is measured both ways on the same pairs: asked by the target
itself (oracle) and by the average over training sounds. The difference is paired, with a 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import soundfile

from unweave.data.datasets.toy import RATE, SOUNDS, toy_sound
from unweave.data.loudest import loudest_start
from unweave.evaluation.asking import Asker
from unweave.evaluation.averages import Averages
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Piece
from unweave.evaluation.rows import Row
from unweave.evaluation.separation import SeparationMeasurer
from unweave.evaluation.statistics import paired, summarise
from unweave.evaluation.summary import measured
from unweave.model import Model
from unweave.training.recipe import Recipe
from unweave.training.run import run

CLIP, SEGMENT, PAIR = 10.0, 4.0, 2.0  # s
TRAIN, VALID = 24, 8  # clips of each class


def write_sounds(root: Path) -> None:
    """Clips of 10 s in folders of their classes."""
    for name in SOUNDS:
        for number in range(TRAIN + VALID):
            path = root / ("train" if number < TRAIN else "valid") / name / f"{name}-{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, toy_sound(name, number, CLIP), RATE, "PCM_16")


def recipe(folder: Path, steps: int) -> Recipe:
    """The paper's method in a small size."""
    learning = {
        "how": "paper",
        "batch": 6,
        "mining": {"name": "out-clip", "seconds": SEGMENT},
        "loss": "snr",
        "loop": {"steps": steps, "optimiser": "muon", "learning_rate": 3e-3, "warmup": 20, "average": 0.97},
    }
    net = {"name": "resunet30", "arguments": {"hop": 640, "widths": [8, 16, 24, 32]}}
    return Recipe.model_validate(
        {
            "name": "short-sounds",
            "folder": folder / "run",
            "data": {"store": folder / "store", "dataset": "folder", "root": folder / "sounds", "options": OWN},
            "tagger": {"part": {"name": "small", "arguments": {"widths": [16, 24, 32, 48, 64]}}, "mode": "random"},
            "condition": {"name": "embedding"},
            "separator": {"part": net, "learn": [learning]},
            "settings": {"segment_seconds": SEGMENT, "overlap_seconds": 0.0},
        }
    )


OWN = {"labels": "own"}


def pairs(root: Path) -> Benchmark:
    """Held-out sounds of two classes, 2 s of each where it is loudest, at equal energy."""
    names, rng = list(SOUNDS), np.random.default_rng(0)

    def piece(name: str) -> Piece:
        path = f"valid/{name}/{name}-{TRAIN + int(rng.integers(VALID))}.wav"
        start = loudest_start(soundfile.read(root / path, dtype="float32")[0], round(PAIR * RATE)) / RATE
        return Piece(path, round(start, 4), PAIR)

    items = [
        Item(f"{one}/{two}/{number}", one, (piece(one),), (piece(two),), group=f"{one}/{two}/{number}")
        for one in names
        for two in names
        for number in range(3)
        if one != two
    ]
    examples = {name: [Piece(f"train/{name}/{name}-{number}.wav") for number in range(TRAIN)] for name in names}
    return Benchmark("short-sounds", root, items, metrics=("sdr",), seconds=PAIR, examples=examples)


def rows(model: Model, benchmark: Benchmark, repeat: bool) -> list[Row]:
    """The figures of all pairs."""
    asker = Asker(model, Averages(model, benchmark), ("oracle", "average"))
    measurer = SeparationMeasurer(model, benchmark, asker, references=("mixture",), repeat=repeat)
    return [row for item in benchmark.items for row in measurer([item])]


def main() -> int:
    """Learn, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("build/short-sounds"))
    parser.add_argument("--steps", type=int, default=300)
    asked = parser.parse_args()
    if not (asked.out / "sounds").is_dir():
        write_sounds(asked.out / "sounds")
    model, benchmark = run(recipe(asked.out, asked.steps)), pairs(asked.out / "sounds")
    found = {repeat: rows(model.eval(), benchmark, repeat) for repeat in (False, True)}
    for system in ("oracle", "average"):
        figures = {repeat: measured(found[repeat], system, "sdri") for repeat in found}
        silence, repeated = (summarise(figures[repeat]) for repeat in (False, True))
        more = paired(figures[False], figures[True])
        print(
            f"{system}: {silence.value:.2f} dB beside silence, {repeated.value:.2f} dB repeated, "
            f"difference {more.value:+.2f} [{more.low:.2f}, {more.high:.2f}] ({more.items} pairs)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

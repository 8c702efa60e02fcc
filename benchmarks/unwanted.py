"""Does saying what is not wanted help where two sounds are alike? Mixtures of three held-out sounds, measured.

    python benchmarks/unwanted.py ../shared/data [--model MODEL] [--mixtures 60] [--seed 2 ...]

Each mixture is one segment long: a sound, another one of the same node of level 2 (so that they are alike) and a third
of another node of level 1, at equal energy. The first is asked for by its class; then less the second, which is named
by its class or by an example of another recording; then less a class like it that does not sound. Printed: SDR of the
wanted sound over that of the mixture, in dB, its mean, and the paired difference with its 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import unweave
from unweave.audio.energy import match_energy, trim_silence
from unweave.audio.io import read_audio
from unweave.audio.resampling import resample
from unweave.evaluation.metrics.sdr import sdr
from unweave.inference.batches import Batches
from unweave.inference.decoding import decode_group
from unweave.inference.hierarchy import known_mask, node_mask
from unweave.inference.less import LessTelling
from unweave.inference.query import segments_condition
from unweave.inference.segmenting import Grid
from unweave.inference.telling import ClassesTelling, VectorTelling
from unweave.model import Model

Samples = NDArray[np.float32]
Row = dict[str, str]
DRAWS = 4000  # of the bootstrap


def held_out(model: Model, data: Path) -> dict[int, list[Row]]:
    """Clips of one class that the model has learnt, by its index; of classes with two recordings or more."""
    known, found = known_mask(model), defaultdict(list)
    indexes = {label.mid: label.index for label in model.ontology.labels}
    with open(data / "index.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            index = indexes.get(row["audioset_mid"])
            if row["split"] == "valid" and index is not None and known[index]:
                found[index].append(row)
    return {index: rows for index, rows in found.items() if len({row["source_group"] for row in rows}) > 1}


def homes(model: Model, level: int) -> dict[int, set[str]]:
    """The nodes of a level that each class lies below."""
    found: dict[int, set[str]] = defaultdict(set)
    for node in model.ontology.level(level):
        for index in model.ontology.descendants(node):
            found[index].add(node.mid)
    return found


def segment(model: Model, data: Path, row: Row) -> Samples:
    """The first segment of a clip without its silence, repeated if it is shorter, (T,)."""
    wave, rate = read_audio(data / row["path"])
    wave = trim_silence(resample(wave.mean(axis=0, keepdims=True), rate, model.sample_rate), model.sample_rate)[0]
    length = Grid.of(model).segment
    return np.resize(wave, length).astype(np.float32) if len(wave) else np.zeros(length, np.float32)


def telling(model: Model, index: int) -> ClassesTelling:
    """A class by its name."""
    node = model.ontology.find(index)
    return ClassesTelling(node_mask(model, node, alone=not model.settings.by_name), index)


def main() -> None:
    """Mix, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--mixtures", type=int, default=60)
    parser.add_argument("--seed", type=int, nargs="+", default=[2], help="each draws so many mixtures")
    asked = parser.parse_args()
    model = unweave.load_model(asked.model, backend="eager")
    rows, near, far = held_out(model, asked.data), homes(model, 2), homes(model, 1)
    below = {index: set(model.ontology.descendants(model.ontology.find(index))) for index in rows}
    alike = {
        a: [b for b in rows if a != b and near[a] & near[b] and a not in below[b] and b not in below[a]] for a in rows
    }
    choices = [index for index in sorted(rows) if alike[index]]
    gains = defaultdict(list)
    with Batches(model) as batches:
        begun, dice = 0, random.Random(asked.seed[0])
        while len(gains["asked alone"]) < asked.mixtures * len(asked.seed):
            if (now := len(gains["asked alone"]) // asked.mixtures) > begun:
                begun, dice = now, random.Random(asked.seed[now])
            wanted = dice.choice(choices)
            unwanted, absent = dice.choice(alike[wanted]), dice.choice(alike[wanted])
            third = dice.choice([index for index in rows if not far[index] & (far[wanted] | far[unwanted])])
            one, example = dice.sample(rows[unwanted], 2)
            if one["source_group"] == example["source_group"] or absent == unwanted:
                continue
            sounds = [
                segment(model, asked.data, row) for row in (dice.choice(rows[wanted]), one, dice.choice(rows[third]))
            ]
            if not all(sound.any() for sound in sounds):
                continue
            target = sounds[0][None]
            mixture = sum((match_energy(target, sound[None]) for sound in sounds[1:]), start=target)
            heard = VectorTelling(segments_condition(model, batches, segment(model, asked.data, example)[None]))
            asks = telling(model, wanted)
            ways = {
                "asked alone": asks,
                "less the class": LessTelling(asks, (telling(model, unwanted),)),
                "less an example": LessTelling(asks, (heard,)),
                "less a class that is not there": LessTelling(asks, (telling(model, absent),)),
            }
            probabilities = np.zeros((1, len(model.labels)), np.float32)  # asked for by name, nothing depends on them
            found = decode_group(
                model, batches, mixture[None], probabilities, list(ways.values()), np.ones((1, len(ways)), dtype=bool)
            )
            for number, name in enumerate(ways):
                gains[name].append(sdr(target[0], found[0, number][0]) - sdr(target[0], mixture[0]))
    plain = np.array(gains["asked alone"])
    print(f"{len(plain)} mixtures, {model.name}, seed {asked.seed}")
    for name, values in gains.items():
        more = np.array(values) - plain
        drawn = np.random.default_rng(0).choice(more, (DRAWS, len(more))).mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        print(
            f"{name:32} {np.mean(values):5.2f} dB, {more.mean():+.2f} [{low:+.2f}, {high:+.2f}]; "
            f"better by 0.5 dB in {(more > 0.5).mean():.0%}, worse in {(more < -0.5).mean():.0%}"
        )


if __name__ == "__main__":
    main()

"""Scenes of the tones that the tiny model hears, whose events are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from tiny import NAMES, RATE, TONES

from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Piece, Scene, SceneEvent
from unweave.ontology import Ontology

Planted = tuple[int, float, float]
"""Number of a band, onset and length in s."""


def scene(name: str, *sounds: Planted, called: dict[int, str] | None = None) -> Scene:
    """Tones at their times; `called` gives a band another class than its own."""
    ontology = Ontology()
    names = {number: ontology.find((called or {}).get(number, NAMES[number])).mid for number, _, _ in sounds}
    events = (SceneEvent(Piece(f"{n}.wav", 0.5, s), at, classes=(names[n],)) for n, at, s in sounds)
    return Scene(name, 10.0, tuple(events))


def benchmark(root: Path, *scenes: Scene) -> Benchmark:
    """The scenes, and their sounds below `root`."""
    time = np.arange(6 * RATE) / RATE
    for number, hertz in enumerate(TONES):
        soundfile.write(root / f"{number}.wav", 0.2 * np.sin(2 * np.pi * hertz * time), RATE, subtype="FLOAT")
    soundfile.write(root / "silence.wav", np.zeros(6 * RATE), RATE)
    return Benchmark("detection", root, scenes, sample_rate=RATE, seconds=10.0)

"""Benchmarks of made-up sounds in memory's reach: tones of the tiny model's bands, in files below a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from tiny import NAMES, RATE, TONES

from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Piece
from unweave.ontology import Ontology


def tone(band: int, seconds: float = 1.0, loud: float = 0.2, rate: int = RATE) -> np.ndarray:
    """A tone of one of the tiny model's bands, (T,)."""
    return (loud * np.sin(2 * np.pi * TONES[band] * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write_set(root: Path, count: int = 6, seconds: float = 1.0, **changes: object) -> Benchmark:
    """`count` mixtures of two tones; the tiny model takes them apart nearly perfectly when asked for the right one."""
    ontology = Ontology()
    mids = [ontology.find(name).mid for name in NAMES]
    for band, name in enumerate(NAMES):
        soundfile.write(root / f"{name}.wav", tone(band, seconds), RATE, subtype="FLOAT")
        soundfile.write(root / f"{name}-example.wav", tone(band, seconds, 0.1), RATE, subtype="FLOAT")
    items = [
        Item(
            id=f"{NAMES[i % 4]}/{i:03d}",
            label=NAMES[i % 4],
            target=(Piece(f"{NAMES[i % 4]}.wav"),),
            others=(Piece(f"{NAMES[(i + 1 + i // 4) % 4]}.wav"),),
            classes=(mids[i % 4],),
            group=f"source {i}",
            part=("early", "late")[i % 2],
        )
        for i in range(count)
    ]
    made: dict[str, object] = {
        "name": "made",
        "root": root,
        "items": items,
        "metrics": ("sdr",),
        "sample_rate": RATE,
        "seconds": seconds,
        "examples": {name: [Piece(f"{name}-example.wav")] for name in NAMES},
        "clips": {name: 1 for name in NAMES},
    }
    return Benchmark(**{**made, **changes})  # type: ignore[arg-type]

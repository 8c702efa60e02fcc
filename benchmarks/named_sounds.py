"""Sounds asked for by name, by how loud they are over all else: what `strength.py` and `quality.py` measure on.

The scenes are those of the benchmark `never-worse`: 8 s, a sound at a known level over another one and a bed, and some
in which the class that is asked for is not there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.evaluation.benchmarks.never_worse import ABSENT, never_worse
from unweave.evaluation.scene_sound import scene_stems
from unweave.evaluation.tracks.activity import cut, sounding

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """A sound in a scene.

    Attributes:
        id: of the scene.
        part: how loud it is over all else, or `ABSENT`.
        asked: the class that is asked for.
        mixture: (C, T).
        target: the sound alone, (C, T); None where it is not there.
        sample_rate: in Hz.
    """

    id: str
    part: str
    asked: str
    mixture: Samples
    target: Samples | None
    sample_rate: int

    def audible(self, *waves: Samples) -> list[Samples]:
        """What waves, (C, T) each, hold while the sound is audible."""
        assert self.target is not None
        on = sounding(self.target, self.sample_rate)
        return [cut(wave, on, self.sample_rate) for wave in waves]


def options(description: str | None, scenes: int) -> argparse.Namespace:
    """What was asked on the command line; so many scenes of each level unless it says otherwise."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--mends")
    parser.add_argument("--half", default="report")
    parser.add_argument("--scenes", type=int, default=scenes)
    parser.add_argument("--levels", type=float, nargs="*", default=[-10, 0, 10, 20])
    return parser.parse_args()


def sounds(asked: argparse.Namespace, sample_rate: int) -> Iterator[Sound]:
    """All that `options` asks for, one after the other."""
    made = never_worse(asked.data, asked.scenes, asked.levels, asked.half, mends=asked.mends)
    for scene in made.items:
        stems = scene_stems(scene, made.root, sample_rate)  # type: ignore[arg-type]
        mixture = np.sum(list(stems.values()), axis=0, dtype=np.float32)
        target = None if scene.part == ABSENT else stems["event 0"]
        yield Sound(scene.id, scene.part, scene.asked, mixture, target, sample_rate)  # type: ignore[union-attr, arg-type]

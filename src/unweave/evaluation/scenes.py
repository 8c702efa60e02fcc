"""From a scene to what it sounds like, and to what sounds in it when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import Occurrence
from unweave.evaluation.items import Scene
from unweave.evaluation.mixtures import read_stretch


def scene_waveform(scene: Scene, root: Path, sample_rate: int) -> NDArray[np.float32]:
    """The sounds of a scene at their times, with their gains; what lies behind the scene's end is cut.

    Args:
        scene: what sounds when.
        root: the folder that paths of pieces start from.
        sample_rate: in Hz.

    Shape:
        -> (T,), mono

    Raises:
        UnweaveError: a file is not there or cannot be read.
    """
    wave = np.zeros(round(scene.seconds * sample_rate), np.float32)
    for event in scene.events:
        first = round(event.at * sample_rate)
        here = wave[first:]
        sound = read_stretch(root, event.piece, sample_rate, mono=True)[0][0, : len(here)]
        here[: len(sound)] += np.float32(10 ** (event.gain / 20)) * sound
    return wave


def scene_events(scene: Scene) -> list[Occurrence]:
    """The true events of a scene: one for each sound and each of its classes, by onset.

    Raises:
        UnweaveError: the length of a sound is not given.
    """
    found = []
    for event in scene.events:
        if event.piece.seconds is None:
            raise UnweaveError(f"The scene {scene.id} does not say how long {event.piece.path} sounds; give seconds.")
        end = min(event.at + event.piece.seconds, scene.seconds)
        found += [Occurrence(name, event.at, end) for name in event.classes]
    return sorted(found, key=lambda one: (one.onset, one.label))

"""A recording of which it is known what sounds when, and how well its sounds come out of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.metrics.sdr import sdr
from unweave.inference.track import RESIDUAL, Track
from unweave.ontology import Ontology

Samples = NDArray[np.float32]
SAME = 1e-3  # by how much the stems may miss the scene
SMALLEST = 1e-10


@dataclass(frozen=True)
class Scene:
    """The recording.

    Attributes:
        mixture: (C, T).
        rate: in Hz.
        spans: when each class sounds, in s.
        stems: each class alone, (C, T); empty if nobody knows.
    """

    mixture: Samples
    rate: int
    spans: dict[str, list[tuple[float, float]]]
    stems: dict[str, Samples]

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.mixture.shape[1] / self.rate


def read_scene(recording: Path, stems: Path | None = None) -> Scene:
    """The recording, the json beside it, and its sounds 0.wav, 1.wav, ... in the order of the json.

    Raises:
        UnweaveError: the sounds do not add up to the recording.
    """
    mixture, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    spans: dict[str, list[tuple[float, float]]] = {}
    alone: dict[str, Samples] = {}
    for place, sound in enumerate(json.loads(recording.with_suffix(".json").read_text(encoding="utf-8"))["sounds"]):
        name = sound["class"]
        spans.setdefault(name, []).append((sound["start"], sound["end"]))
        if stems is not None:
            wave = soundfile.read(stems / f"{place}.wav", dtype="float32", always_2d=True)[0].T
            alone[name] = alone.get(name, np.zeros_like(wave)) + wave
    if stems is not None:
        total = sum(alone.values(), np.zeros_like(mixture.T))
        if np.abs(total - mixture.T).max() > SAME:
            raise UnweaveError(f"The sounds in {stems} do not add up to {recording}; make both anew, or leave --stems.")
    return Scene(mixture.T, rate, spans, alone)


def held(ontology: Ontology, track: Track, names: Sequence[str]) -> list[str]:
    """The classes that a track should hold: those in or below its node; without any, those that it is a kind of."""
    if track.mid is None:
        return []
    node = ontology.find(track.mid)
    above = {one.mid for one in ontology.ancestors(node)}
    classes = {name: ontology.find(name) for name in names}
    inside = [name for name, one in classes.items() if node in (one, *ontology.ancestors(one))]
    return inside or [name for name, one in classes.items() if one.mid in above]


def truth(scene: Scene, ontology: Ontology, track: Track, others: Sequence[Track]) -> Samples | None:
    """What a track should be, (C, T); of a residual, what no other track should hold; None if it should not be.

    A sound that several tracks should hold is in each of them.
    """
    every = list(scene.stems)
    if track.name == RESIDUAL:
        names = [name for name in every if not any(name in held(ontology, one, every) for one in others)]
    elif not (names := held(ontology, track, every)):
        return None
    return np.asarray(sum((scene.stems[name] for name in names), np.zeros_like(scene.mixture)), np.float32)


@dataclass(frozen=True)
class Asked:
    """How a class came out that was asked for by name.

    Attributes:
        name: the class.
        spans: when it sounds, in s.
        before, after: SDR of the recording and of the track while it sounds, in dB.
        rest: energy of the track while it does not sound, over that of the recording then, in dB; NaN if there is none.
    """

    name: str
    spans: list[tuple[float, float]]
    before: float
    after: float
    rest: float


def measure(scene: Scene, tracks: Mapping[str, Samples]) -> list[Asked]:
    """Each class while it sounds, and what else comes through while it does not."""
    found = []
    for name, spans in scene.spans.items():
        here = np.zeros(scene.mixture.shape[1], bool)
        for start, end in spans:
            here[round(start * scene.rate) : round(end * scene.rate)] = True
        true, track, mixture = scene.stems[name], tracks[name], scene.mixture
        before, after = (sdr(true[:, here], wave[:, here]) for wave in (mixture, track))
        through, all_of_it = (float(np.square(wave[:, ~here], dtype=np.float64).sum()) for wave in (track, mixture))
        rest = 10 * math.log10(max(through, SMALLEST) / all_of_it) if all_of_it > SMALLEST else math.nan
        found.append(Asked(name, spans, before, after, rest))
    return found

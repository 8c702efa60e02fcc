"""What is given back: tracks in memory, and which of those that nobody asked for by name are worth having."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log10

import numpy as np

from unweave_light.plan import Event, Group
from unweave_light.spectra import Samples

RESIDUAL = "residual"


@dataclass
class Track:
    """One sound of a recording, (C, T) at the recording's rate; "residual" is what is left of a group."""

    name: str
    mid: str | None
    level: int | None
    probability: float | None
    audio: Samples
    sample_rate: int
    events: list[Event] = field(default_factory=list)


class Meter:
    """The energy of samples that come block by block."""

    def __init__(self) -> None:
        self.energy, self.count = 0.0, 0

    def add(self, samples: Samples) -> None:
        """(C, n)."""
        self.energy += float(np.square(samples, dtype=np.float64).sum())
        self.count += samples.size

    @property
    def db(self) -> float | None:
        """Mean square in dB of full scale, None for silence."""
        return 10 * log10(self.energy / self.count) if self.energy > 0 else None


def kept(group: Group, energies: Sequence[float | None], recording: float | None, faintest: float | None) -> list[int]:
    """The numbers of the tracks of a group that are given back, in their order; the rest stays in the residual."""

    def faint(number: int) -> bool:
        energy = energies[number]
        if energy is None or recording is None or faintest is None:
            return energy is None
        # A short sound of a long recording is no faint one: what counts is its level while it is there.
        there = max(float(group.requests[number].activity.mean()), 1e-9)
        return energy - 10 * log10(there) < recording + faintest

    numbers = list(range(len(group.requests)))
    if not group.named and faintest is not None:
        numbers = [number for number in numbers if not faint(number)]
    if group.loudest_first:
        numbers.sort(key=lambda number: -(-np.inf if energies[number] is None else energies[number]))  # type: ignore
    return numbers

"""Which tracks that nobody asked for by name are worth having, and in which order they are given back."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np

from unweave.inference.recording import Samples
from unweave.inference.request import Group, Request

Energy = float | None


def energy_db(samples: Samples) -> Energy:
    """Mean square of (C, T) in dB of full scale, None for silence."""
    energy = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return 10 * log10(energy) if energy > 0 else None


def kept(group: Group, energies: Sequence[Energy], recording: Energy, faintest: float | None) -> list[int]:
    """The numbers of the tracks of a group that are given back, in their order.

    Args:
        group: its tracks were separated.
        energies: of the tracks, in dB of full scale over the whole recording; None for silence.
        recording: the same of the recording.
        faintest: dB of the recording that a track must have while it sounds, unless it was asked for by name; None
            for no such limit.
    """
    numbers = list(range(len(group.requests)))
    if not group.named and faintest is not None:
        numbers = [n for n in numbers if not _faint(group.requests[n], energies[n], recording, faintest)]
    if group.loudest_first:
        numbers.sort(key=lambda n: -(-np.inf if (energy := energies[n]) is None else energy))
    return numbers


def _faint(request: Request, energy: Energy, recording: Energy, faintest: float) -> bool:
    if energy is None or recording is None:
        return energy is None
    # A short sound of a long recording is no faint one: what counts is its level while it is there.
    share = max(float(request.activity.mean()), 1e-9)
    return energy - 10 * log10(share) < recording + faintest

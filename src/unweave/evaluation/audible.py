"""Where a recording is audible: from the onset of its main sound to its end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FRAME_SECONDS = 0.02
BELOW_LOUDEST_DB = 40.0
FLOOR_DB = -70.0
GAP_SECONDS = 0.3  # what lies closer together is one sound
SHORTEST_SECONDS = 0.25
LONGEST_SECONDS = 4.0


class Stretch(NamedTuple):
    """Where it begins and how long it is, in s; and its level in dB of full scale."""

    start: float
    seconds: float
    level: float


def audible_part(wave: NDArray[np.float32], sample_rate: int) -> Stretch | None:
    """The stretch with the most energy that stands above silence without a gap.

    A frame of 20 ms is audible from 40 dB below the loudest one and from -70 dB of full scale on; gaps shorter than
    0.3 s are closed. Of the stretches of at least 0.25 s the one with the most energy counts, its first 4 s.

    Args:
        wave: full scale at 1, (T,).
        sample_rate: in Hz.

    Returns:
        None if no stretch is long enough.
    """
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    starts = np.arange(0, len(wave), frame)
    if not len(starts):
        return None
    energies = np.add.reduceat(np.square(wave, dtype=np.float64), starts)
    powers = energies / np.diff(np.append(starts, len(wave)))
    on = powers >= max(10 ** (FLOOR_DB / 10), powers.max() * 10 ** (-BELOW_LOUDEST_DB / 10))
    long = [
        (first * frame, min(last * frame, len(wave)))
        for first, last in _runs(on, GAP_SECONDS * sample_rate / frame)
        if min(last * frame, len(wave)) - first * frame >= SHORTEST_SECONDS * sample_rate
    ]
    if not long:
        return None
    squares = np.square(wave, dtype=np.float64)
    first, last = max(long, key=lambda run: float(squares[run[0] : run[1]].sum()))
    last = min(last, first + round(LONGEST_SECONDS * sample_rate))
    level = 10 * np.log10(squares[first:last].mean())
    return Stretch(first / sample_rate, (last - first) / sample_rate, float(level))


def _runs(on: NDArray[np.bool_], gap: float) -> list[tuple[int, int]]:
    """First and last (exclusive) of the stretches of True, those closer than `gap` joined."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8))).reshape(-1, 2)
    runs: list[tuple[int, int]] = []
    for start, end in edges.tolist():
        if runs and start - runs[-1][1] < gap:
            start = runs.pop()[0]
        runs.append((start, end))
    return runs

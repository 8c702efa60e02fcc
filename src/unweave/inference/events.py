"""Events: from a curve of probabilities over time to starts and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAMES_PER_SECOND = 10  # of the curves of all classes

# The curve of a small detector flickers, and a sound that has begun goes on while there is any sign of it. Chosen on
# one half of the recordings of the detection benchmark (docs/experiments.md). Still lower releases find a little more
# there, where every sound ends, and would let an event of a long recording never end.
RELEASE = 0.1  # an event goes on until the curve falls below this part of the threshold (hysteresis)
GAP_SECONDS = 1.0
SHORTEST_SECONDS = 0.1

Curve = NDArray[np.float32]


@dataclass(frozen=True)
class Event:
    """Something that sounds for a while.

    Attributes:
        name: of the class or node, as "Dog".
        mid: as "/m/0bt9lr"; empty for an event without a class.
        start: in s.
        end: in s.
        probability: the highest within the event, in [0, 1].
    """

    name: str
    mid: str
    start: float
    end: float
    probability: float


def find_events(
    relative: Curve, probability: Curve, rate: float, seconds: float, name: str = "", mid: str = ""
) -> list[Event]:
    """Where the curve passes its threshold, until it falls below a tenth of it; gaps closed, blips dropped.

    Args:
        relative: probability divided by the threshold, (F,); 1 starts an event.
        probability: (F,) in [0, 1].
        rate: frames per s.
        seconds: length of the recording; no event ends after it.
        name: of the events.
        mid: of the events.
    """
    if relative.max() < 1:  # as of most classes
        return []
    runs = [(start, end) for start, end in _runs(relative >= RELEASE) if relative[start:end].max() >= 1]
    merged: list[tuple[int, int]] = []
    for start, end in runs:
        if merged and start - merged[-1][1] <= GAP_SECONDS * rate:
            start = merged.pop()[0]
        merged.append((start, end))
    shortest = min(SHORTEST_SECONDS, seconds) * rate
    return [
        Event(name, mid, start / rate, min(end / rate, seconds), float(probability[start:end].max()))
        for start, end in merged
        if end - start >= shortest - 1e-9 and start / rate < seconds
    ]


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Starts and ends (exclusive) of the stretches of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]

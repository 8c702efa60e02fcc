from __future__ import annotations

import numpy as np

from unweave.inference.live_gate import CLOSING, Gate
from unweave.inference.live_timing import Timing

RATE = 8000
TIMING = Timing.of(0.25, RATE)


def levels(active: list[bool]) -> np.ndarray:
    """The gate, sample by sample."""
    gate, hops = Gate(TIMING, RATE), []
    for now in active:
        sounds = gate.would_sound(now)
        at, level = zip(*gate.curve(now), strict=True) if sounds else ((0,), (0.0,))
        hops.append(np.interp(np.arange(TIMING.hop), at, level))
    return np.concatenate(hops)


def test_it_opens_within_the_hop_and_closes_softly() -> None:
    there = [False] * 2 + [True] * 3 + [False] * 6
    curve = levels(there)
    begin, end = 2 * TIMING.hop, 5 * TIMING.hop
    assert not curve[:begin].any() and (curve[begin + TIMING.fade : end] == 1).all()
    closed = int(np.flatnonzero(curve)[-1]) - end
    assert abs(closed - CLOSING * RATE) < TIMING.hop
    steps = np.diff(curve)
    assert steps.max() <= 1.001 / TIMING.fade and steps.min() >= -1.001 / (CLOSING * RATE)


def test_what_sounds_again_while_it_closes_opens_from_where_it_is() -> None:
    curve = levels([True, False, True, True])
    assert curve[2 * TIMING.hop - 1] > 0.3 and np.diff(curve).max() <= 1.001 / TIMING.fade
    assert curve[-1] == 1

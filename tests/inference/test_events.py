from __future__ import annotations

import numpy as np
import pytest

from unweave.inference.events import find_events


def found(curve: list[float], threshold: float = 0.5, seconds: float | None = None) -> list[tuple[float, float, float]]:
    values = np.asarray(curve, np.float32)
    length = len(curve) / 10 if seconds is None else seconds
    events = find_events(values / threshold, values, 10, length, "Dog", "/m/0bt9lr")
    return [(round(e.start, 3), round(e.end, 3), round(e.probability, 3)) for e in events]


def test_event_starts_at_the_threshold_and_ends_below_a_tenth_of_it() -> None:
    assert found([0, 0.3, 0.6, 0.4, 0.06, 0.04, 0]) == [(0.1, 0.5, 0.6)]


def test_what_never_passes_the_threshold_is_no_event() -> None:
    assert found([0.3, 0.4, 0.49, 0.3]) == []
    assert found([0.0] * 5) == []


def test_short_gaps_close_and_long_ones_stay() -> None:
    gap, longer = [0.0] * 10, [0.0] * 11
    assert found([0.9, *gap, 0.9, *longer, 0.9]) == [(0.0, 1.2, 0.9), (2.3, 2.4, 0.9)]


def test_no_event_outlasts_the_recording() -> None:
    assert found([0.9, 0.9, 0.9], seconds=0.25) == [(0.0, 0.25, 0.9)]
    assert found([0.9], seconds=0.001) == [(0.0, 0.001, 0.9)]


@pytest.mark.parametrize("seed", range(5))
def test_events_are_apart_in_order_and_within(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curve = (rng.random(200) * (rng.random(200) < 0.15)).tolist()
    events = found(curve, 0.6)
    assert len(events) > 1 and all(start < end for start, end, _ in events)
    assert all(a[1] + 1.0 < b[0] + 1e-6 for a, b in zip(events, events[1:], strict=False))
    assert events[0][0] >= 0 and events[-1][1] <= 20

"""Segment-based counts: in which seconds a class sounds (sed_eval's `SegmentBasedMetrics`)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from unweave.evaluation.detection.counts import TINY, Counts, Occurrence


def segment_counts(
    reference: Iterable[Occurrence], estimate: Iterable[Occurrence], seconds: float, resolution: float = 1.0
) -> Counts:
    """Count segments and classes: an event sounds in every segment that it touches.

    Args:
        reference: what sounds.
        estimate: what is said to sound.
        seconds: length of the scene; what lies behind it does not count.
        resolution: length of a segment, in s.
    """
    true, said = _cells(reference, seconds, resolution), _cells(estimate, seconds, resolution)
    return Counts(len(true & said), len(said - true), len(true - said))


def _cells(events: Iterable[Occurrence], seconds: float, resolution: float) -> set[tuple[str, int]]:
    """The class and the number of each segment in which it sounds."""
    segments = math.ceil(seconds / resolution - TINY)
    return {
        (event.label, number)
        for event in events
        for number in range(
            max(0, math.floor(event.onset / resolution + TINY)),
            min(segments, math.ceil(event.offset / resolution - TINY)),
        )
    }

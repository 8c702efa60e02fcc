from __future__ import annotations

import pytest

from unweave.evaluation.detection.counts import Counts, Occurrence
from unweave.evaluation.detection.segments import segment_counts

# Counted for these two lists by sed_eval 0.2.1, `SegmentBasedMetrics`, time_resolution 1.0 and 0.5.
REFERENCE = [("a", 0.5, 2.3), ("a", 4.0, 4.6), ("b", 1.2, 6.7), ("c", 7.15, 7.9), ("a", 8.0, 9.9)]
ESTIMATE = [
    *[("a", 0.62, 1.5), ("a", 4.31, 4.6), ("b", 1.05, 4.1), ("b", 5.0, 6.7)],
    *[("c", 7.3, 8.05), ("c", 0.0, 0.4), ("b", 8.1, 9.9), ("a", 8.05, 8.3)],
]


def events(*values: tuple[str, float, float]) -> list[Occurrence]:
    return [Occurrence(*value) for value in values]


@pytest.mark.parametrize(("resolution", "expected"), [(1.0, Counts(11, 4, 2)), (0.5, Counts(18, 6, 6))])
def test_same_counts_as_sed_eval(resolution: float, expected: Counts) -> None:
    assert segment_counts(events(*REFERENCE), events(*ESTIMATE), 10.0, resolution) == expected


def test_an_event_sounds_in_every_second_that_it_touches() -> None:
    # dog in seconds 1, 2, 3; said in 2, 3, 4
    assert segment_counts(events(("dog", 1.9, 3.1)), events(("dog", 2.0, 5.0)), 10) == Counts(2, 1, 1)


def test_classes_count_apart_and_overlaps_once() -> None:
    true = events(("dog", 0, 2), ("cat", 1, 3), ("dog", 1, 2))
    assert segment_counts(true, events(("dog", 0, 3)), 3) == Counts(2, 1, 2)


def test_reference_and_estimate_are_not_the_same_thing() -> None:
    one, two = events(("dog", 0, 4)), events(("dog", 0, 1), ("cat", 0, 1))
    assert segment_counts(one, two, 4) == Counts(1, 1, 3)
    assert segment_counts(two, one, 4) == Counts(1, 3, 1)


def test_all_nothing_and_wrong() -> None:
    true = events(("dog", 0.2, 2.5))
    assert segment_counts(true, true, 3) == Counts(3, 0, 0)
    assert segment_counts(true, [], 3) == Counts(0, 0, 3)
    assert segment_counts([], true, 3) == Counts(0, 3, 0)
    assert segment_counts([], [], 3) == Counts(0, 0, 0)


def test_sums_of_times_touch_no_further_second() -> None:
    assert 0.1 + 0.2 > 0.3
    assert segment_counts(events(("dog", 0.0, 0.1 + 0.2)), events(("dog", 0.0, 0.3)), 1, 0.1) == Counts(3, 0, 0)
    assert 0.3 / 0.1 < 3
    assert segment_counts(events(("dog", 0.3, 0.5)), [], 1, 0.1) == Counts(0, 0, 2)
    assert segment_counts(events(("dog", 0.0, 1.0)), [], 0.1 + 0.2, 0.1) == Counts(0, 0, 3)


def test_what_lies_behind_the_scene_does_not_count() -> None:
    assert segment_counts(events(("dog", 8, 12)), events(("dog", 9, 15)), 10) == Counts(1, 0, 1)

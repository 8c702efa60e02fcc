from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from unweave.evaluation.detection.counts import Counts, Occurrence
from unweave.evaluation.detection.matching import event_counts, largest_matching

# Counted for these two lists by sed_eval 0.2.1, `EventBasedMetrics`, t_collar 0.2, percentage_of_length 0.5.
REFERENCE = [("a", 0.5, 2.3), ("a", 4.0, 4.6), ("b", 1.2, 6.7), ("c", 7.15, 7.9), ("a", 8.0, 9.9)]
ESTIMATE = [
    *[("a", 0.62, 1.5), ("a", 4.31, 4.6), ("b", 1.05, 4.1), ("b", 5.0, 6.7)],
    *[("c", 7.3, 8.05), ("c", 0.0, 0.4), ("b", 8.1, 9.9), ("a", 8.05, 8.3)],
]


def events(*values: tuple[str, float, float]) -> list[Occurrence]:
    return [Occurrence(*value) for value in values]


@pytest.mark.parametrize(("onset_only", "expected"), [(False, Counts(3, 5, 2)), (True, Counts(4, 4, 1))])
def test_same_counts_as_sed_eval(onset_only: bool, expected: Counts) -> None:
    assert event_counts(events(*REFERENCE), events(*ESTIMATE), onset_only=onset_only) == expected


@pytest.mark.parametrize(
    ("said", "found", "found_by_onset"),
    [
        (("dog", 1.0, 3.0), 1, 1),
        (("dog", 0.8, 3.0), 1, 1),  # the collar itself is near enough
        (("dog", 1.21, 3.0), 0, 0),
        (("dog", 1.0, 4.0), 1, 1),  # half of its 2 s
        (("dog", 1.0, 4.01), 0, 1),
        (("dog", 1.0, 1.99), 0, 1),
        (("cat", 1.0, 3.0), 0, 0),
    ],
)
def test_onset_and_end_must_fit(said: tuple[str, float, float], found: int, found_by_onset: int) -> None:
    true, guess = events(("dog", 1.0, 3.0)), events(said)
    assert event_counts(true, guess) == Counts(found, 1 - found, 1 - found)
    assert event_counts(true, guess, onset_only=True).tp == found_by_onset


def test_the_end_of_a_short_event_has_the_collar() -> None:
    assert event_counts(events(("dog", 1.0, 1.2)), events(("dog", 1.0, 1.39))).tp == 1
    assert event_counts(events(("dog", 1.0, 1.2)), events(("dog", 1.0, 1.41))).tp == 0


def test_length_is_that_of_the_reference() -> None:
    long, short = events(("dog", 1.0, 3.0)), events(("dog", 1.0, 2.2))
    assert event_counts(long, short) == Counts(1, 0, 0)
    assert event_counts(short, long) == Counts(0, 1, 1)


def test_an_event_is_matched_once() -> None:
    assert event_counts(events(("dog", 1, 2)), events(("dog", 1, 2), ("dog", 1.1, 2))) == Counts(1, 1, 0)
    assert event_counts(events(("dog", 1, 2), ("dog", 1.1, 2)), events(("dog", 1, 2))) == Counts(1, 0, 1)


def test_as_many_as_possible_are_matched() -> None:
    # The first estimate fits both events, the second the first alone; sed_eval finds two as well.
    true = events(("a", 1.0, 2.0), ("a", 1.3, 2.0))
    assert event_counts(true, events(("a", 1.15, 2.0), ("a", 0.9, 2.0))) == Counts(2, 0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_no_matching_is_larger(seed: int) -> None:
    table = np.random.default_rng(seed).random((5, 5)) < 0.35
    best = max(sum(table[i, j] for i, j in enumerate(order)) for order in permutations(range(5)))
    assert largest_matching([np.flatnonzero(row).tolist() for row in table]) == best


def test_nothing_said_and_nothing_there() -> None:
    true = events(("dog", 1, 2), ("cat", 0, 3))
    assert event_counts(true, true) == Counts(2, 0, 0)
    assert event_counts(true, []) == Counts(0, 0, 2)
    assert event_counts([], true) == Counts(0, 2, 0)
    assert event_counts([], []) == Counts(0, 0, 0)

"""Hits, false alarms and misses, and what is made of them.

Counts of scenes add up; F1 is taken of the sums over scenes and classes ("micro"), as sed_eval takes it (Mesaros,
Heittola, Virtanen, *Metrics for Polyphonic Sound Event Detection*, Applied Sciences 6(6), 2016).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

TINY = 1e-9  # s; times that differ by less are the same, however they were added up


class Occurrence(NamedTuple):
    """An event: something of the name `label` sounds from `onset` to `offset`, in s."""

    label: str
    onset: float
    offset: float


class Counts(NamedTuple):
    """True positives, false positives and false negatives."""

    tp: int
    fp: int
    fn: int


class Scores(NamedTuple):
    """All in [0, 1], of any shape; NaN where nothing is there to be divided by.

    Attributes:
        f1: 2 TP / (2 TP + FP + FN); NaN where nothing was to be found and nothing was.
        precision: TP / (TP + FP).
        recall: TP / (TP + FN).
    """

    f1: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def scores(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> Scores:
    """F1, precision and recall of counts, each of any shape."""
    hits, alarms, misses = (np.asarray(count, np.float64) for count in (tp, fp, fn))
    return Scores(
        _ratio(2 * hits, 2 * hits + alarms + misses), _ratio(hits, hits + alarms), _ratio(hits, hits + misses)
    )


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return ratio

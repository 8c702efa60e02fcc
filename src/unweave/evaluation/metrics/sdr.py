"""Metrics of separation; the reference comes first, always."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

EPSILON = 1e-10


def sdr(reference: ArrayLike, estimate: ArrayLike) -> float:
    """Signal-to-distortion ratio, 10 log10(||s||^2 / ||s - s^||^2), in dB (equation 12).

    Both energies are held above 1e-10, so that a perfect estimate is finite and a silent reference is not NaN.
    """
    s, e = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    error = np.square(s - e).sum()
    return float(10 * np.log10(max(np.square(s).sum(), EPSILON) / max(error, EPSILON)))


def sdr_improvement(reference: ArrayLike, estimate: ArrayLike, mixture: ArrayLike) -> float:
    """SDRi: how much better than the mixture itself, SDR(s, s^) - SDR(s, x), in dB."""
    return sdr(reference, estimate) - sdr(reference, mixture)


def mean_of_medians(by_class: Mapping[str, Sequence[float]]) -> float:
    """The paper's summary: the median over the mixtures of each class, then the mean over classes."""
    return float(np.mean([np.median(values) for values in by_class.values()]))


def interval(by_class: Mapping[str, Sequence[float]], draws: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of `mean_of_medians`; mixtures are drawn anew within each class."""
    rng = np.random.default_rng(seed)
    values = [np.asarray(v, np.float64) for v in by_class.values()]
    means: NDArray[np.float64] = np.mean(
        [np.median(v[rng.integers(0, len(v), (draws, len(v)))], axis=1) for v in values], axis=0
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)

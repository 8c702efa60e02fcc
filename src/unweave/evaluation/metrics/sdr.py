"""Signal-to-distortion ratio and its improvement over the mixture (equations 12 and 13 of the paper)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unweave.evaluation.metrics.base import Metric, Samples, metrics

EPSILON = 1e-10


def sdr(reference: ArrayLike, estimate: ArrayLike) -> float:
    """Signal-to-distortion ratio, 10 log10(||s||^2 / ||s - s^||^2), in dB (equation 12).

    Both energies are of all channels together and held above 1e-10, so that a perfect estimate is finite and a silent
    reference is not NaN.
    """
    s, e = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    error = np.square(s - e).sum()
    return float(10 * np.log10(max(np.square(s).sum(), EPSILON) / max(error, EPSILON)))


def sdr_improvement(reference: ArrayLike, estimate: ArrayLike, mixture: ArrayLike) -> float:
    """SDRi: how much better than the mixture itself, SDR(s, s^) - SDR(s, x), in dB (equation 13)."""
    return sdr(reference, estimate) - sdr(reference, mixture)


@metrics.register("sdr")
class Sdr(Metric):
    """The paper's SDR and SDRi; finite whatever comes, silence too."""

    columns = ("sdr", "sdri")

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        value = sdr(reference, estimate)
        return {"sdr": value, "sdri": value - sdr(reference, mixture)}

"""Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019, "SDR - half-baked or well done?")."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from unweave.evaluation.metrics.base import Metric, Samples, metrics

LIMIT = 140.0  # in dB; what float32 samples can tell apart


def si_sdr(reference: ArrayLike, estimate: ArrayLike) -> float:
    """SI-SDR, 10 log10(||a s||^2 / ||a s - s^||^2) with a = <s^, s> / ||s||^2, in dB.

    The mean of each channel is taken out first; then there is one scale for all channels together, so that levelling
    one channel against another counts as distortion. Held within +-140 dB. NaN if the reference or the estimate is
    silent: then there is no scale. Reference and estimate may be swapped without a change, unlike in `sdr`.

    Shape:
        reference, estimate (C, T)
    """
    s, e = (np.asarray(x, np.float64) for x in (reference, estimate))
    s, e = (x - x.mean(-1, keepdims=True) if x.size else x for x in (s, e))
    energy = np.square(s).sum()
    if not energy or not np.square(e).sum():
        return math.nan
    target = (e * s).sum() / energy * s
    kept, error = np.square(target).sum(), np.square(target - e).sum()
    least = 10 ** (-LIMIT / 10)
    return float(10 * np.log10(max(kept, error * least) / max(error, kept * least)))


@metrics.register("si_sdr")
class SiSdr(Metric):
    """SI-SDR and how much better it is than the mixture's."""

    columns = ("si_sdr", "si_sdri")

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        value = si_sdr(reference, estimate)
        return {"si_sdr": value, "si_sdri": value - si_sdr(reference, mixture)}

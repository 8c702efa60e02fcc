"""Segmental signal-to-noise ratio as Hu and Loizou (2008) and the published code compute it."""

from __future__ import annotations

import math

import numpy as np

from unweave.evaluation.metrics.base import Metric, Samples, is_silent, metrics
from unweave.evaluation.metrics.speech import as_speech, frames

LOWEST, HIGHEST = -10.0, 35.0  # dB
EPSILON = np.finfo(np.float64).eps


def segmental_snr(reference: Samples, estimate: Samples) -> float:
    """Mean over frames of 10 log10(sum s^2 / sum (s - s^)^2), each held within -10 and 35 dB.

    A frame in which the reference is silent counts as -10 dB whatever the estimate, as in their programs.

    Args:
        reference, estimate: at 16 kHz; NaN if the reference is silent or shorter than 37.5 ms.

    Shape:
        reference, estimate (T)
    """
    s, e = frames(reference), frames(estimate)
    if not len(s) or is_silent(reference):
        return math.nan
    ratio = np.square(s).sum(1) / (np.square(s - e).sum(1) + EPSILON)
    return float(np.clip(10 * np.log10(ratio + EPSILON), LOWEST, HIGHEST).mean())


@metrics.register("ssnr")
class Ssnr(Metric):
    """Segmental SNR of the mean of the channels at 16 kHz, and how much better it is than the mixture's."""

    columns = ("ssnr", "ssnri")

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        s, e, x = (as_speech(sound, sample_rate) for sound in (reference, estimate, mixture))
        value = segmental_snr(s, e)
        return {"ssnr": value, "ssnri": value - segmental_snr(s, x)}

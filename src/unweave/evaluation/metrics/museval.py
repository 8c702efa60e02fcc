"""SDR as museval gives it: BSSEval v4 with images, windows of 1 s, the median over windows (Section 4.5 of the paper).

With images, museval's SDR is the plain energy ratio of each window: the distortion filters, which cost nearly all of
its time, share the error out among ISR, SIR and SAR and leave the sum as it is. So none are computed here, and museval
itself, which cannot be imported without ffmpeg, is only what the tests compare with. The published code swaps
reference and estimate; here they are the right way round.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unweave.evaluation.metrics.base import Metric, Samples, is_silent, metrics

LIMIT = 140.0  # in dB; museval gives infinity for a perfect window


def window_sdrs(reference: Samples, estimate: Samples, window: int) -> NDArray[np.float64]:
    """SDR of each whole window in dB, NaN where the reference or the estimate is silent as museval sees it.

    Sounds no longer than a window are one window; of others, what is left at the end is not scored.

    Args:
        reference, estimate: (C, T).
        window: in samples.

    Shape:
        (W,)
    """
    samples = reference.shape[-1]
    count, window = (samples // window, window) if window < samples else (1, samples)
    # (C, W, window)
    s, e = (x[:, : count * window].reshape(len(x), count, window).astype(np.float64) for x in (reference, estimate))
    sounds = (s.sum(0) != 0).any(-1) & (e.sum(0) != 0).any(-1)
    signal, error = (np.square(x).sum((0, 2))[sounds] for x in (s, s - e))
    ratios = np.full(count, np.nan)
    ratios[sounds] = 10 * np.log10(signal / np.maximum(error, signal * 10 ** (-LIMIT / 10)))
    return ratios


def museval_sdr(reference: Samples, estimate: Samples, sample_rate: int) -> float:
    """Median of `window_sdrs` over the windows of 1 s that are not silent; NaN if all are.

    Shape:
        reference, estimate (C, T)
    """
    if is_silent(reference):
        return math.nan
    ratios = window_sdrs(reference, estimate, sample_rate)
    heard = ratios[~np.isnan(ratios)]
    return float(np.median(heard)) if heard.size else math.nan


@metrics.register("museval")
class Museval(Metric):
    """museval's SDR of one source, and how much better it is than the mixture's.

    Each source is scored by itself, as in the published code. Where museval is given all sources of a song at once, it
    leaves out the windows in which any of them is silent.
    """

    columns = ("museval_sdr", "museval_sdri")

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        value = museval_sdr(reference, estimate, sample_rate)
        return {"museval_sdr": value, "museval_sdri": value - museval_sdr(reference, mixture, sample_rate)}

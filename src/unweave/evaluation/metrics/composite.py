"""CSIG, CBAK and COVL: listeners' ratings as predicted from LLR, WSS, segmental SNR and PESQ (Hu and Loizou 2008).

As in the published code, and as is usual on VoiceBank-DEMAND, the PESQ in them is that of wide band as MOS-LQO; the
authors fitted their weights to the raw PESQ of narrow band.
"""

from __future__ import annotations

import math

import numpy as np

from unweave.evaluation.metrics.base import Metric, Samples, is_silent, metrics
from unweave.evaluation.metrics.llr import log_likelihood_ratios
from unweave.evaluation.metrics.pesq import pesq_package, wide_band_pesq
from unweave.evaluation.metrics.speech import Floats, as_speech, frames
from unweave.evaluation.metrics.ssnr import segmental_snr
from unweave.evaluation.metrics.wss import spectral_slope_distances

KEPT = 0.95  # of the frames; the worst are left out


def trimmed_mean(values: Floats) -> float:
    """Mean of the lowest 95 %; NaN are left out, and there is none of nothing.

    Shape:
        values (F,)
    """
    kept = np.sort(values[~np.isnan(values)])
    kept = kept[: int(KEPT * len(kept) + 0.5)]
    return float(kept.mean()) if len(kept) else math.nan


def composite(llr: float, wss: float, ssnr: float, pesq: float) -> tuple[float, float, float]:
    """CSIG, CBAK and COVL, each held within 1 and 5; the weights are those of Hu and Loizou."""
    csig = 3.093 - 1.029 * llr + 0.603 * pesq - 0.009 * wss
    cbak = 1.634 + 0.478 * pesq - 0.007 * wss + 0.063 * ssnr
    covl = 1.594 + 0.805 * pesq - 0.512 * llr - 0.007 * wss
    csig, cbak, covl = np.clip([csig, cbak, covl], 1.0, 5.0).tolist()
    return csig, cbak, covl


@metrics.register("composite")
class Composite(Metric):
    """CSIG (the speech), CBAK (the background) and COVL (overall), 1 to 5, of the mean of the channels at 16 kHz.

    Raises:
        UnweaveError: the package pesq is missing.
    """

    columns = ("csig", "cbak", "covl")
    unit = ""

    def __init__(self) -> None:
        pesq_package()  # said before a run begins, not after its first item

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        s, e = as_speech(reference, sample_rate), as_speech(estimate, sample_rate)
        if is_silent(s):
            return dict.fromkeys(self.columns, math.nan)
        clean, heard = frames(s), frames(e)
        llr = trimmed_mean(log_likelihood_ratios(clean, heard))
        wss = trimmed_mean(spectral_slope_distances(clean, heard))
        values = composite(llr, wss, segmental_snr(s, e), wide_band_pesq(s, e))
        return dict(zip(self.columns, values, strict=True))

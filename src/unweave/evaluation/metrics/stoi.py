"""Short-time objective intelligibility (Taal et al. 2011), by the package pystoi."""

from __future__ import annotations

import math
import warnings
from typing import Any

from unweave.errors import UnweaveError
from unweave.evaluation.metrics.base import Metric, Samples, is_silent, metrics
from unweave.evaluation.metrics.speech import RATE, as_speech

SHORTEST = 0.4  # s; STOI compares stretches of 384 ms


def short_time_intelligibility(reference: Samples, estimate: Samples) -> float:
    """STOI, up to 1, not extended; NaN if fewer than 30 frames of the reference hold speech.

    Args:
        reference, estimate: at 16 kHz, of one length.

    Shape:
        reference, estimate (T)

    Raises:
        UnweaveError: the package pystoi is missing.
    """
    if is_silent(reference) or len(reference) < SHORTEST * RATE:
        return math.nan
    with warnings.catch_warnings():
        # Of too little speech pystoi warns, and returns 1e-5.
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(pystoi_package().stoi(reference, estimate, RATE, extended=False))
        except RuntimeWarning:
            return math.nan


def pystoi_package() -> Any:
    """The package pystoi.

    Raises:
        UnweaveError: it is missing.
    """
    try:
        import pystoi
    except ImportError as error:
        raise UnweaveError("STOI needs pystoi; pip install 'unweave[eval]'.") from error
    return pystoi


@metrics.register("stoi")
class Stoi(Metric):
    """STOI of the mean of the channels at 16 kHz.

    Raises:
        UnweaveError: the package pystoi is missing.
    """

    columns = ("stoi",)
    unit = ""

    def __init__(self) -> None:
        pystoi_package()  # said before a run begins, not after its first item

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        return {"stoi": short_time_intelligibility(as_speech(reference, sample_rate), as_speech(estimate, sample_rate))}

"""Perceptual evaluation of speech quality, wide band (ITU-T P.862.2), by the package pesq."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from unweave.errors import UnweaveError
from unweave.evaluation.metrics.base import Metric, Samples, is_silent, metrics
from unweave.evaluation.metrics.speech import RATE, as_speech

LONGEST = 20.0  # s


def wide_band_pesq(reference: Samples, estimate: Samples) -> float:
    """PESQ as MOS-LQO, about 1 to 4.64; NaN where PESQ finds no speech, less than 0.25 s, or more than 20 s.

    It is made for utterances of some seconds. The package has room for 50 stretches of speech, and writes past the end
    of it where a recording holds more; 20 s cannot hold so many.

    The scores of the last few pairs are remembered: the composite measures need them too, and all systems that are
    scored on one item share its mixture.

    Args:
        reference, estimate: at 16 kHz, of one length.

    Shape:
        reference, estimate (T)

    Raises:
        UnweaveError: the package pesq is missing.
    """
    if is_silent(reference) or is_silent(estimate) or len(reference) > LONGEST * RATE:
        return math.nan
    return _score(reference.astype(np.float32).tobytes(), estimate.astype(np.float32).tobytes())


@lru_cache(maxsize=16)
def _score(reference: bytes, estimate: bytes) -> float:
    pesq = pesq_package()
    try:
        score = pesq.pesq(RATE, np.frombuffer(reference, np.float32), np.frombuffer(estimate, np.float32), "wb")
    except (pesq.NoUtterancesError, pesq.BufferTooShortError, ValueError):
        # A ValueError is how the package says that its own result is no number.
        return math.nan
    return float(score)


def pesq_package() -> Any:
    """The package pesq.

    Raises:
        UnweaveError: it is missing.
    """
    try:
        import pesq
    except ImportError as error:
        raise UnweaveError("PESQ and the composite measures need pesq; pip install 'unweave[eval]'.") from error
    return pesq


@metrics.register("pesq")
class Pesq(Metric):
    """Wide-band PESQ of the mean of the channels at 16 kHz, and how much better it is than the mixture's.

    Raises:
        UnweaveError: the package pesq is missing.
    """

    columns = ("pesq", "pesqi")
    unit = ""

    def __init__(self) -> None:
        pesq_package()  # said before a run begins, not after its first item

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        s, e, x = (as_speech(sound, sample_rate) for sound in (reference, estimate, mixture))
        value = wide_band_pesq(s, e)
        return {"pesq": value, "pesqi": value - wide_band_pesq(s, x)}

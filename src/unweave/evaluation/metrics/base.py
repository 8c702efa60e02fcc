"""What every metric is: reference, estimate and mixture in, one or several named figures out."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from unweave.registry import Registry

Samples = NDArray[np.float32]


class Metric(ABC):
    """Contract of all metrics.

    A figure that cannot be told is NaN, and whoever summarises counts those. Where the reference is silent there is
    nothing to score, except for metrics that are about silence: callers leave such items out and count them
    (`is_silent`).

    Attributes:
        columns: the names of the figures, in the order in which they are shown.
        unit: "dB", or "" for a scale of its own.
        of_silence: scores estimates of silence, and nothing else.
    """

    columns: tuple[str, ...]
    unit: str = "dB"
    of_silence: bool = False

    @abstractmethod
    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """Score an estimate; the reference comes first, always.

        Shape:
            reference, estimate, mixture (C, T), full scale 1.0
        """


metrics: Registry[Metric] = Registry("metric", "unweave.evaluation.metrics")


def is_silent(reference: Samples) -> bool:
    """Whether there is nothing to score: less than -100 dB of full scale on average."""
    return bool(np.square(reference, dtype=np.float64).mean() < 1e-10) if reference.size else True

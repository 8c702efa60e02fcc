"""By how much an estimate is quieter than the mixture: what silence, asked for, should be."""

from __future__ import annotations

import numpy as np

from unweave.evaluation.metrics.base import Metric, Samples, metrics

SMALLEST = 1e-10


@metrics.register("suppression")
class Suppression(Metric):
    """10 log10(||x||^2 / ||s^||^2) in dB, for items whose target is silence.

    Both energies are held above 1e-10, so that perfect silence is finite.
    """

    columns = ("suppression",)
    of_silence = True

    def __call__(self, reference: Samples, estimate: Samples, mixture: Samples, sample_rate: int) -> dict[str, float]:
        """See `Metric`."""
        loud, rest = (max(float(np.square(wave, dtype=np.float64).sum()), SMALLEST) for wave in (mixture, estimate))
        return {"suppression": float(10 * np.log10(loud / rest))}

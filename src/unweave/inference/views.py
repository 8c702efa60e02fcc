"""`quality="high"`: several answers to the same request, in each segment, joined to one.

What a separator has not learnt at one pitch and pace it may know at another: a segment is also played at other speeds,
heard and asked there, and what comes back is brought back to its own time. And who asks by name is answered once more,
told beside the name what the first answer is heard as (`Condition.asked_again`). Of the answers S_v

    S = sum_v w_v S_v        w_v = |S_v|^2 / sum_u |S_u|^2

so that one in which nothing is recognised, which is silence, takes nothing away from one in which it is.
docs/experiments.md has what else was tried, `benchmarks/quality.py` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from unweave.errors import UnweaveError
from unweave.inference.recording import Samples

Quality = Literal["fast", "high"]
SPEEDS: dict[str, tuple[float, ...]] = {"fast": (), "high": (0.84, 1.19)}
"""By quality, the speeds at which a segment is looked at beside its own."""


def check_quality(quality: object) -> None:
    """Refuse what is no quality.

    Raises:
        UnweaveError: it is none.
    """
    if not isinstance(quality, str) or quality not in SPEEDS:
        raise UnweaveError(f"The quality is fast or high, not {ascii(quality)[:60]}.")


def played(segments: Samples, speed: float, sample_rate: int) -> Samples:
    """Segments played faster (above 1) or slower, higher or lower by as much.

    Shape:
        (n, C, T) -> (n, C, T / speed)
    """
    import soxr

    count, channels, samples = segments.shape
    together = np.ascontiguousarray(segments.reshape(count * channels, samples).T)
    faster: Samples = soxr.resample(together, speed * sample_rate, sample_rate, quality="HQ")
    return np.ascontiguousarray(faster.T).reshape(count, channels, -1)


def joined(views: Sequence[Samples]) -> Samples:
    """One of several answers, each weighted by its energy.

    Shape:
        each (C, T) -> (C, T)
    """
    energies = np.array([np.square(view, dtype=np.float64).sum() for view in views])
    if not energies.any():
        return views[0]
    weights = (energies / energies.sum()).astype(np.float32)
    return np.asarray(np.tensordot(weights, np.stack(views), axes=1), np.float32)


def fitted(samples: Samples, length: int) -> Samples:
    """Cut or padded with silence at its end: (..., T) -> (..., length)."""
    short = length - samples.shape[-1]
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(0, short)]) if short > 0 else samples[..., :length]

"""Where a recording is loudest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def loudest_start(wave: NDArray[np.float32], length: int) -> int:
    """First sample of the `length` samples with the most energy; 0 if the wave (T,) is no longer than that."""
    if len(wave) <= length:
        return 0
    total = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    return int((total[length:] - total[:-length]).argmax())

"""Samples in the two orders that they have: channel by channel here, frame by frame in files and in resamplers.

Copying one channel at a time is several times as fast as a transposed copy of all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def interleaved(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(C, n) -> (n, C), contiguous."""
    frames = np.empty(block.shape[::-1], block.dtype)
    for channel, samples in enumerate(block):
        frames[:, channel] = samples
    return frames


def planar(frames: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(n, C) -> (C, n), contiguous."""
    block = np.empty(frames.shape[::-1], frames.dtype)
    for channel in range(len(block)):
        block[channel] = frames[:, channel]
    return block

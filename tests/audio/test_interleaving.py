"""Both orders hold the same samples, and one undoes the other."""

from __future__ import annotations

import numpy as np
import pytest

from unweave.audio.interleaving import interleaved, planar


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_orders_are_transposed_copies(channels: int) -> None:
    block = np.random.default_rng(0).standard_normal((channels, 50), np.float32)[:, 3:]  # its rows are apart in memory
    frames = interleaved(block)
    assert frames.flags.c_contiguous and np.array_equal(frames, block.T)
    assert planar(frames).flags.c_contiguous and np.array_equal(planar(frames), block)
    frames[:] = 0
    assert block.all()

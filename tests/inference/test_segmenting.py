"""How a recording is cut for a model."""

from __future__ import annotations

import numpy as np
from tiny import RATE, tiny_model

from unweave.inference.segmenting import Grid, Segmenter


def test_the_last_segment_is_filled_up_backwards_and_with_silence_only_without_overlap() -> None:
    x = np.random.default_rng(0).standard_normal((1, RATE + RATE // 4)).astype(np.float32)
    for overlap in (True, False):
        grid = Grid.of(tiny_model(), overlap=overlap)
        segmenter = Segmenter(RATE, 1, grid)
        last = [*segmenter.push(x), *segmenter.finish()][-1]
        rest = last[:, : x.shape[1] - grid.hop]
        filling = last[:, rest.shape[1] :]
        assert np.array_equal(rest, x[:, grid.hop :]) and filling.size
        wanted = rest[:, ::-1][:, : filling.shape[1]] if overlap else np.zeros_like(filling)
        assert np.array_equal(filling[:, : wanted.shape[1]], wanted)

"""Segments are cut and joined as the package does it, for any length, rate and block."""

from __future__ import annotations

import numpy as np
import pytest
from unweave_light.above import Above
from unweave_light.segments import Joiner, Segmenter, downmix

from unweave.inference import above
from unweave.inference.segmenting import Grid
from unweave.inference.segmenting import Segmenter as Theirs
from unweave.inference.tagging import CANCELLED
from unweave.inference.tagging import downmix as their_downmix

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("rate", [32000, 44100, 8000])
@pytest.mark.parametrize("samples", [1, 900, 40000, 100001])
def test_segments_are_the_same_and_join_to_the_recording(rate: int, samples: int) -> None:
    wave = RNG.uniform(-0.5, 0.5, (2, samples)).astype(np.float32)
    wave = np.cumsum(wave, axis=1) / 100  # low, so that resampling changes little
    cut = rate, 2, 32000, 16000, 4000
    mine, theirs = Segmenter(*cut), Theirs(rate, 2, Grid(32000, 16000, 4000))
    blocks = [wave[:, start : start + 7000] for start in range(0, samples, 7000)]
    found = [one for block in blocks for one in mine.push(block)] + mine.finish()
    others = [one for block in blocks for one in theirs.push(block)] + theirs.finish()
    assert len(found) == len(others) and all(map(np.array_equal, found, others))
    joiner = Joiner(*cut)
    back = np.concatenate([*(joiner.add(segment) for segment in found), joiner.finish(mine.total)], axis=1)
    assert back.shape[1] >= samples
    if samples > 4000:
        assert np.abs(back[:, 1000 : samples - 1000] - wave[:, 1000:-1000]).max() < 2e-2


def test_channels_that_cancel_each_other_are_heard() -> None:
    left = RNG.standard_normal(1000).astype(np.float32)
    for segment in (np.stack([left, -left]), np.stack([left, 0.5 * left]), left[None]):
        assert np.array_equal(downmix(segment, CANCELLED), their_downmix(segment))


def test_what_lies_above_is_shared_out_alike() -> None:
    mixture, low = RNG.standard_normal((2, 2, 30011)).astype(np.float32)
    tracks = [0.5 * low, 0.9 * low, np.zeros_like(low)]
    numbers = above.FRAME_SECONDS, above.BAND
    mine, theirs = Above(48000, 32000, [[0, 1]], *numbers), above.Above(48000, 32000, [[0, 1]])
    for start in range(0, 30011, 5000):
        here = slice(start, start + 5000)
        given = mixture[:, here], low[:, here], [track[:, here] for track in tracks], start == 30000
        for one, other in zip(mine.push(*given), theirs.push(*given), strict=True):  # by two libraries of transforms
            np.testing.assert_allclose(one, other, atol=2e-6)

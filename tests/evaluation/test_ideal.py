"""Masks that know the target: above what a mixture gives, and the complex one above the ratio mask."""

import numpy as np
import pytest

from unweave.evaluation.ideal import ideal_complex_mask, ideal_ratio_mask
from unweave.evaluation.metrics.sdr import sdr


def sounds(channels=1):
    rng = np.random.default_rng(0)
    time = np.arange(32000) / 32000
    tones = np.stack([np.sin(2 * np.pi * (440 + 100 * c) * time) * (time < 0.6) for c in range(channels)])
    return tones.astype(np.float32), rng.standard_normal((channels, 32000)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2])
def test_they_top_the_mixture_and_each_other(channels):
    target, noise = sounds(channels)
    mixture = target + noise
    found = [sdr(target, mask(target, mixture)) for mask in (ideal_ratio_mask, ideal_complex_mask)]
    assert sdr(target, mixture) + 10 < found[0] < found[1]


@pytest.mark.parametrize("mask", [ideal_ratio_mask, ideal_complex_mask])
def test_what_is_alone_comes_back_and_silence_stays_silence(mask):
    target, _ = sounds()
    np.testing.assert_allclose(mask(target, target), target, atol=1e-4)
    np.testing.assert_array_equal(mask(np.zeros_like(target), target), np.zeros_like(target))
    assert np.isfinite(mask(target, np.zeros_like(target))).all()


def test_the_complex_mask_is_no_louder_than_the_mixture():
    target, _ = sounds()
    estimate = ideal_complex_mask(target, 0.5 * target)
    np.testing.assert_allclose(estimate, 0.5 * target, atol=1e-4)


def test_the_ratio_is_that_of_magnitudes():
    _, mixture = sounds()
    np.testing.assert_allclose(ideal_ratio_mask(0.8 * mixture, mixture), 0.8 * mixture, atol=1e-4)

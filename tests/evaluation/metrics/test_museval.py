import math

import numpy as np
import pytest
from museval_metrics import museval_metrics

from unweave.evaluation.metrics import metrics
from unweave.evaluation.metrics.museval import LIMIT, museval_sdr, window_sdrs

RATE = 4000
RNG = np.random.default_rng(0)


def sounds(channels: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """A reference, and an estimate of it that is filtered, leaky and of another quality in each window."""
    source, other = RNG.standard_normal((2, channels, samples)).astype(np.float32)
    quality = np.repeat(RNG.uniform(0.05, 1.0, samples // RATE + 1), RATE)[:samples]
    estimate = 0.8 * source + 0.2 * np.roll(source, 3, axis=1) + quality * other
    return source, estimate.astype(np.float32)


def by_museval(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """What museval.evaluate(references, estimates, win, hop) computes, in version 4; its sounds are (1, T, C)."""
    sdr, *_ = museval_metrics().bss_eval(
        reference.T[None], estimate.T[None], window=RATE, hop=RATE, compute_permutation=False, framewise_filters=False
    )
    return sdr[0]


@pytest.mark.parametrize(
    ("channels", "samples"), [(1, 5 * RATE + 17), (2, 3 * RATE - 1), (2, 2 * RATE), (2, RATE), (1, RATE // 2)]
)
def test_as_museval_has_it(channels, samples):
    reference, estimate = sounds(channels, samples)
    wanted = by_museval(reference, estimate)
    assert len(wanted) == max(samples // RATE, 1)
    np.testing.assert_allclose(window_sdrs(reference, estimate, RATE), wanted, atol=1e-8)
    assert museval_sdr(reference, estimate, RATE) == pytest.approx(np.nanmedian(wanted), abs=1e-8)


def test_silent_windows_are_left_out_as_museval_leaves_them_out():
    reference, estimate = sounds(2, 5 * RATE)
    reference[:, RATE : 2 * RATE] = 0
    estimate[:, 3 * RATE : 4 * RATE] = 0
    wanted = by_museval(reference, estimate)
    assert np.isnan(wanted).tolist() == [False, True, False, True, False]
    np.testing.assert_allclose(window_sdrs(reference, estimate, RATE), wanted, atol=1e-8)
    assert museval_sdr(reference, estimate, RATE) == pytest.approx(np.nanmedian(wanted), abs=1e-8)


def test_the_published_order_is_the_wrong_one():
    reference, estimate = sounds(1, 3 * RATE)
    right, published = museval_sdr(reference, estimate, RATE), np.nanmedian(by_museval(estimate, reference))
    assert abs(right - published) > 0.1
    assert museval_sdr(estimate, reference, RATE) == pytest.approx(published, abs=1e-8)


def test_the_median_is_over_windows():
    reference = np.ones((1, 3 * RATE), np.float32)
    error = np.repeat([0.1, 1.0, 0.01], RATE).astype(np.float32)
    assert museval_sdr(reference, reference + error, RATE) == pytest.approx(20.0, abs=1e-4)


def test_improvement_is_the_difference_of_medians():
    reference, estimate = sounds(2, 3 * RATE)
    mixture = estimate + sounds(2, 3 * RATE)[0]
    scores = metrics.build("museval")(reference, estimate, mixture, RATE)
    wanted = np.median(by_museval(reference, estimate)) - np.median(by_museval(reference, mixture))
    assert scores["museval_sdri"] == pytest.approx(wanted, abs=1e-8)


def test_perfection_is_finite_and_silence_is_not_scored():
    reference, _ = sounds(1, 2 * RATE)
    assert museval_sdr(reference, reference, RATE) == pytest.approx(LIMIT)
    assert math.isnan(museval_sdr(0 * reference, reference, RATE))
    assert math.isnan(museval_sdr(reference, 0 * reference, RATE))

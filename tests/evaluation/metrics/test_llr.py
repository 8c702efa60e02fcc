import numpy as np
import pytest

from unweave.evaluation.metrics.llr import ORDER, autocorrelation, log_likelihood_ratios, predictor

RNG = np.random.default_rng(0)
FRAMES = RNG.standard_normal((5, 480))


def test_autocorrelation_by_hand():
    np.testing.assert_allclose(autocorrelation(np.array([[1.0, 2.0, 3.0]]), 2), [[14.0, 8.0, 3.0]])


def test_the_predictor_solves_the_normal_equations():
    lags = autocorrelation(FRAMES)
    rows = np.abs(np.arange(ORDER)[:, None] - np.arange(ORDER))
    for one, a in zip(lags, predictor(lags), strict=True):
        assert a[0] == 1
        np.testing.assert_allclose(a[1:], np.linalg.solve(one[rows], -one[1:]), atol=1e-10)


def test_by_hand():
    # R = (1 r; r 1) with r = 0.5 predicts by -r and leaves 1 - r^2; a predictor of +r leaves 1 + 3 r^2.
    first, second = (np.array([[1.0, r, *([0.0] * (ORDER - 1))]]) for r in (0.5, -0.5))
    a, b = predictor(first[:, :2]), predictor(second[:, :2])
    np.testing.assert_allclose([a[0], b[0]], [[1, -0.5], [1, 0.5]])
    # Two samples have just these lags: (x, y) with x^2 + y^2 = 1 and x y = +-0.5.
    x = np.sqrt(0.5)
    ratio = log_likelihood_ratios(np.array([[x, x]]), np.array([[x, -x]]), order=1)
    assert ratio[0] == pytest.approx(np.log((1 + 3 * 0.25) / (1 - 0.25)))


def test_scale_is_nothing_and_the_own_predictor_is_the_best():
    others = FRAMES + 0.5 * RNG.standard_normal(FRAMES.shape)
    np.testing.assert_allclose(log_likelihood_ratios(FRAMES, 3 * FRAMES), 0, atol=1e-12)
    ratios = log_likelihood_ratios(FRAMES, others)
    assert (ratios > 0).all()
    np.testing.assert_allclose(log_likelihood_ratios(0.1 * FRAMES, 7 * others), ratios)


def test_swapping_changes_it():
    smooth = np.stack([np.convolve(frame, np.hanning(9), "same") for frame in FRAMES])
    assert (log_likelihood_ratios(smooth, FRAMES) - log_likelihood_ratios(FRAMES, smooth) > 0.5).all()


def test_silence():
    silence = np.zeros_like(FRAMES)
    assert np.isnan(log_likelihood_ratios(silence, FRAMES)).all()
    lags = autocorrelation(FRAMES)
    rows = np.abs(np.arange(ORDER + 1)[:, None] - np.arange(ORDER + 1))
    left = [a @ one[rows] @ a for a, one in zip(predictor(lags), lags, strict=True)]
    np.testing.assert_allclose(log_likelihood_ratios(FRAMES, silence), np.log(lags[:, 0] / left))

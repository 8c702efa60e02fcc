"""Log-likelihood ratio: how badly the linear predictor of the estimate predicts the reference (Quackenbush 1988)."""

from __future__ import annotations

import numpy as np

from unweave.evaluation.metrics.speech import Floats

ORDER = 16  # of the predictor, at 16 kHz
LEAST = 1e-12  # of a frame's energy; a prediction is never better than this


def log_likelihood_ratios(reference: Floats, estimate: Floats, order: int = ORDER) -> Floats:
    """ln(b R b / a R a) of each frame: a and b predict reference and estimate, R correlates the reference with itself.

    0 or more; not limited to 2 as in the stand-alone measure. NaN where the reference is silent. A silent estimate
    predicts nothing.

    Args:
        reference, estimate: frames under their window (`unweave.evaluation.metrics.speech.frames`).
        order: of the predictor.

    Shape:
        reference, estimate (F, N) -> (F,)
    """
    lags = autocorrelation(reference, order)
    own, other = (_error(a, lags) for a in (predictor(lags), predictor(autocorrelation(estimate, order))))
    sounds = lags[:, 0] > 0
    ratios = np.full(len(lags), np.nan)
    least = LEAST * lags[sounds, 0]
    ratios[sounds] = np.log(np.maximum(other[sounds], least) / np.maximum(own[sounds], least))
    return ratios


def autocorrelation(frames: Floats, order: int = ORDER) -> Floats:
    """Of lags 0 to `order`.

    Shape:
        frames (F, N) -> (F, order + 1)
    """
    length = frames.shape[1]
    return np.stack([(frames[:, : length - lag] * frames[:, lag:]).sum(1) for lag in range(order + 1)], axis=1)


def predictor(lags: Floats) -> Floats:
    """Coefficients 1, a_1, ..., a_P of the prediction error's filter, by the recursion of Levinson and Durbin.

    Shape:
        lags (F, P + 1) -> (F, P + 1)
    """
    a = np.zeros_like(lags)
    a[:, 0] = 1.0
    error = lags[:, 0].copy()
    for i in range(1, lags.shape[1]):
        left = (a[:, :i] * lags[:, i:0:-1]).sum(1)
        reflection = np.divide(-left, error, out=np.zeros_like(left), where=error > 0)
        a[:, 1 : i + 1] += reflection[:, None] * a[:, i - 1 :: -1]
        error *= 1 - np.square(reflection)
    return a


def _error(a: Floats, lags: Floats) -> Floats:
    """Energy of a frame with these lags behind the filter a: a R a, where R is Toeplitz.

    Shape:
        a, lags (F, P + 1) -> (F,)
    """
    twice = 2 * autocorrelation(a, lags.shape[1] - 1)
    twice[:, 0] /= 2
    energy: Floats = (twice * lags).sum(1)
    return energy

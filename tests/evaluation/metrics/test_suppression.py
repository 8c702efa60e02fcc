import numpy as np
import pytest

from unweave.evaluation.metrics import metrics

SUPPRESSION = metrics.build("suppression")
MIXTURE = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
SILENCE = np.zeros_like(MIXTURE)


@pytest.mark.parametrize("decibels", [0.0, 20.0, 47.0])
def test_a_mixture_turned_down_is_suppressed_by_as_much(decibels):
    estimate = MIXTURE * np.float32(10 ** (-decibels / 20))
    assert SUPPRESSION(SILENCE, estimate, MIXTURE, 8000)["suppression"] == pytest.approx(decibels, abs=1e-4)


def test_perfect_silence_is_finite_and_best():
    assert SUPPRESSION(SILENCE, SILENCE, MIXTURE, 8000)["suppression"] > 100

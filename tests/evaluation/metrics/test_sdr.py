import numpy as np
import pytest

from unweave.evaluation.metrics import metrics
from unweave.evaluation.metrics.sdr import sdr, sdr_improvement

RNG = np.random.default_rng(0)
SOURCE = RNG.standard_normal(8000)
NOISE = RNG.standard_normal(8000)
NOISE *= np.linalg.norm(SOURCE) / np.linalg.norm(NOISE)


@pytest.mark.parametrize("decibels", [-10.0, 0.0, 13.0])
def test_sdr_of_a_known_ratio(decibels):
    assert sdr(SOURCE, SOURCE + NOISE * 10 ** (-decibels / 20)) == pytest.approx(decibels, abs=1e-9)


def test_reference_and_estimate_are_not_the_same_thing():
    assert sdr(SOURCE, 0.1 * SOURCE) == pytest.approx(20 * np.log10(1 / 0.9))
    assert sdr(0.1 * SOURCE, SOURCE) == pytest.approx(20 * np.log10(0.1 / 0.9))


def test_channels_are_taken_together():
    reference = np.array([[3.0, 0.0], [0.0, 4.0]])
    estimate = np.array([[3.0, 1.0], [0.0, 2.0]])
    assert sdr(reference, estimate) == pytest.approx(10 * np.log10(25 / 5))


def test_the_mixture_as_its_own_estimate_improves_nothing():
    mixture = SOURCE + NOISE
    assert sdr_improvement(SOURCE, mixture, mixture) == 0.0


def test_the_metric_is_the_functions():
    s, e, x = (part[None].astype(np.float32) for part in (SOURCE, SOURCE + 0.5 * NOISE, SOURCE + NOISE))
    assert metrics.build("sdr")(s, e, x, 8000) == {"sdr": sdr(s, e), "sdri": sdr_improvement(s, e, x)}
    assert sdr_improvement(s, e, x) == pytest.approx(20 * np.log10(2), abs=1e-4)


def test_silence_and_perfection_are_finite():
    assert np.isfinite(sdr(np.zeros(10), np.ones(10))) and sdr(SOURCE, SOURCE) > 100

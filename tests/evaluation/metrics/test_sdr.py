import numpy as np
import pytest

from unweave.evaluation.metrics.sdr import interval, mean_of_medians, sdr, sdr_improvement

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


def test_the_mixture_as_its_own_estimate_improves_nothing():
    mixture = SOURCE + NOISE
    assert sdr_improvement(SOURCE, mixture, mixture) == 0.0


def test_silence_and_perfection_are_finite():
    assert np.isfinite(sdr(np.zeros(10), np.ones(10))) and sdr(SOURCE, SOURCE) > 100


def test_median_in_each_class_then_mean_over_classes():
    assert mean_of_medians({"a": [1, 2, 300], "b": [4, 4, 5, 5]}) == pytest.approx((2 + 4.5) / 2)


def test_the_interval_holds_the_figure_and_shrinks_with_more_mixtures():
    few = {name: list(RNG.normal(5, 2, 10)) for name in "abc"}
    many = {name: list(RNG.normal(5, 2, 1000)) for name in "abc"}
    low, high = interval(few)
    assert low <= mean_of_medians(few) <= high
    assert interval(many)[1] - interval(many)[0] < (high - low) / 3

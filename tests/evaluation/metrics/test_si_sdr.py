import math

import numpy as np
import pytest

from unweave.evaluation.metrics.si_sdr import LIMIT, si_sdr

RNG = np.random.default_rng(0)
SOURCE = RNG.standard_normal((1, 8000))
SOURCE -= SOURCE.mean()
# Of the source's energy, and without anything of the source or of a constant in it.
NOISE = RNG.standard_normal((1, 8000))
NOISE -= NOISE.mean()
NOISE -= (NOISE * SOURCE).sum() / np.square(SOURCE).sum() * SOURCE
NOISE *= np.linalg.norm(SOURCE) / np.linalg.norm(NOISE)


@pytest.mark.parametrize("decibels", [-10.0, 0.0, 13.0])
def test_a_known_ratio(decibels):
    assert si_sdr(SOURCE, SOURCE + NOISE * 10 ** (-decibels / 20)) == pytest.approx(decibels, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-4, 0.3, -2.0, 1e4])
def test_scale_and_offset_of_reference_and_estimate_are_nothing(scale):
    estimate = SOURCE + 0.5 * NOISE
    wanted = si_sdr(SOURCE, estimate)
    assert si_sdr(SOURCE, scale * estimate + 0.7) == pytest.approx(wanted, abs=1e-6)
    assert si_sdr(scale * SOURCE - 0.2, estimate) == pytest.approx(wanted, abs=1e-6)


def test_by_hand():
    # Means 0. a = 4 / 2 = 2, so 2 s = (2, -2, 0, 0) and what is left is (1, 1, -1, -1).
    assert si_sdr([[1, -1, 0, 0]], [[3, -1, -1, -1]]) == pytest.approx(10 * math.log10(8 / 4))


def test_one_scale_for_all_channels():
    stereo = np.concatenate([SOURCE, NOISE])
    assert si_sdr(stereo, 0.5 * stereo) == pytest.approx(LIMIT)
    # a = (1 + 0) / 2: half of each is kept, half of each is error.
    assert si_sdr(stereo, stereo * [[1], [0]]) == pytest.approx(0.0, abs=1e-9)


def test_swapping_is_nothing_to_it():
    estimate = SOURCE + 0.5 * NOISE
    assert si_sdr(estimate, SOURCE) == pytest.approx(si_sdr(SOURCE, estimate))


def test_perfection_and_its_opposite_are_held():
    assert si_sdr(SOURCE, SOURCE) == pytest.approx(LIMIT)
    assert si_sdr(SOURCE, NOISE) == pytest.approx(-LIMIT)


def test_silence_has_no_scale():
    assert math.isnan(si_sdr(0 * SOURCE, SOURCE)) and math.isnan(si_sdr(SOURCE, 0 * SOURCE))
    assert math.isnan(si_sdr(np.zeros((1, 0)), np.zeros((1, 0))))

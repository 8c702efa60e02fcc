import math

import numpy as np
import pytest

from unweave.evaluation.metrics.ssnr import segmental_snr

SPEECH = np.random.default_rng(0).standard_normal(16000).astype(np.float32)


@pytest.mark.parametrize(("decibels", "held"), [(7.0, 7.0), (-4.0, -4.0), (50.0, 35.0), (-30.0, -10.0)])
def test_a_known_ratio_held_within_its_limits(decibels, held):
    estimate = SPEECH * (1 + 10 ** (-decibels / 20))
    assert segmental_snr(SPEECH, estimate.astype(np.float32)) == pytest.approx(held, abs=1e-3)


def test_the_mean_is_over_frames_not_over_energy():
    # 1 s at 20 dB and, much louder, 1 s at 0 dB; 257 frames, of which 3 lie on the border.
    speech = np.concatenate([SPEECH, 100 * SPEECH])
    estimate = np.concatenate([1.1 * SPEECH, 0 * SPEECH])
    assert segmental_snr(speech, estimate) == pytest.approx((130 * 20 + 127 * 0) / 257, abs=0.25)


def test_silent_frames_count_as_the_lowest():
    speech = np.concatenate([SPEECH[:7920], np.zeros(8080, np.float32)])  # 66 and a half hops
    assert segmental_snr(speech, speech) == pytest.approx((66 * 35 + 63 * -10) / 129)


def test_swapping_changes_it():
    assert segmental_snr(SPEECH, 0.5 * SPEECH) == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert segmental_snr(0.5 * SPEECH, SPEECH) == pytest.approx(0.0, abs=1e-6)


def test_nothing_to_score():
    assert math.isnan(segmental_snr(0 * SPEECH, SPEECH)) and math.isnan(segmental_snr(SPEECH[:599], SPEECH[:599]))
    assert segmental_snr(SPEECH, 0 * SPEECH) == pytest.approx(0.0, abs=1e-9)

import math

import numpy as np
import pytest
from speech_like import noise, voice

from unweave.evaluation.metrics import metrics
from unweave.evaluation.metrics.composite import composite, trimmed_mean
from unweave.evaluation.metrics.llr import log_likelihood_ratios
from unweave.evaluation.metrics.speech import frames
from unweave.evaluation.metrics.ssnr import segmental_snr
from unweave.evaluation.metrics.wss import spectral_slope_distances

SPEECH = voice()
ESTIMATES = {
    "noisy": SPEECH + noise(len(SPEECH), 0.01),
    "clipped": np.clip(SPEECH, -0.1, 0.1),
    "dull": np.convolve(SPEECH + noise(len(SPEECH), 0.002), [0.2, 0.6, 0.2], "same").astype(np.float32),
    "louder": 1.1 * SPEECH + noise(len(SPEECH), 0.005, 2),
}
# LLR, WSS, segmental SNR, CSIG, CBAK and COVL of these sounds by two other implementations: those of the packages
# pysepm-evo 0.1.1 (pysepm is what the published code used) and sonusai 1.2.1, with PESQ by pesq 0.0.4 in wide band.
# They agree with each other in all digits.
PUBLISHED = {
    "clipped": (1.791042, 29.756307, 16.332159, 1.634316, 2.971558, 1.339248),
    "dull": (0.506760, 9.215897, 14.838968, 4.888505, 4.406755, 4.473880),
    "louder": (0.446452, 14.435763, 10.965528, 4.349886, 3.687271, 3.729036),
    "noisy": (0.955080, 21.569279, 13.335140, 3.178036, 3.323470, 2.638689),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_as_other_implementations_have_it(name):
    estimate = ESTIMATES[name]
    clean, heard = frames(SPEECH), frames(estimate)
    values = [
        trimmed_mean(log_likelihood_ratios(clean, heard)),
        trimmed_mean(spectral_slope_distances(clean, heard)),
        segmental_snr(SPEECH, estimate),
    ]
    assert values == pytest.approx(PUBLISHED[name][:3], rel=1e-4)
    scores = metrics.build("composite")(SPEECH[None], estimate[None], estimate[None], 16000)
    assert list(scores.values()) == pytest.approx(PUBLISHED[name][3:], abs=1e-3)


def test_the_definition_by_hand():
    assert composite(llr=0.5, wss=30.0, ssnr=5.0, pesq=2.0) == pytest.approx((3.5145, 2.695, 2.738))


def test_ratings_are_held_within_1_and_5():
    assert composite(0.0, 0.0, 35.0, 4.64) == (5.0, 5.0, 5.0)
    assert composite(5.0, 100.0, -10.0, 1.0) == (1.0, 1.0, 1.0)


def test_the_worst_twentieth_is_left_out():
    assert trimmed_mean(np.array([1.0] * 19 + [1000.0])) == 1.0
    assert trimmed_mean(np.array([1.0, math.nan, 3.0])) == 2.0
    assert math.isnan(trimmed_mean(np.array([]))) and math.isnan(trimmed_mean(np.array([math.nan])))


def test_frames_without_the_reference_are_left_out_of_the_llr():
    gap = SPEECH.copy()
    gap[16000:24000] = 0
    scores = metrics.build("composite")(gap[None], ESTIMATES["noisy"][None], gap[None], 16000)
    assert all(1 <= value <= 5 for value in scores.values())

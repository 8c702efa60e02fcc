import math
import sys

import numpy as np
import pytest
from speech_like import noise, voice

from unweave.errors import UnweaveError
from unweave.evaluation.metrics import metrics
from unweave.evaluation.metrics.stoi import short_time_intelligibility

SPEECH = voice()
NOISY = SPEECH + noise(len(SPEECH), 0.05)


def test_it_is_the_package_in_the_right_order():
    import pystoi  # scipy.stats comes with it, which takes seconds

    assert short_time_intelligibility(SPEECH, NOISY) == pystoi.stoi(SPEECH, NOISY, 16000)
    assert abs(short_time_intelligibility(SPEECH, NOISY) - pystoi.stoi(NOISY, SPEECH, 16000)) > 0.01


def test_more_noise_is_less_intelligible():
    louder = SPEECH + noise(len(SPEECH), 0.5)
    assert short_time_intelligibility(SPEECH, SPEECH) == pytest.approx(1.0, abs=1e-6)
    assert 0 < short_time_intelligibility(SPEECH, louder) < short_time_intelligibility(SPEECH, NOISY) < 0.99


@pytest.mark.parametrize("samples", [0, 1, 480, 6399, 6400, 6700])
def test_too_little_speech_is_no_score(samples):
    assert math.isnan(short_time_intelligibility(SPEECH[:samples], NOISY[:samples]))


def test_silence():
    silence = np.zeros_like(SPEECH)
    assert math.isnan(short_time_intelligibility(silence, SPEECH))
    assert short_time_intelligibility(SPEECH, silence) == pytest.approx(0.0, abs=1e-6)


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pystoi", None)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[eval\]'"):
        metrics.build("stoi")

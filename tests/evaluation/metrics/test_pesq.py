import builtins
import math
import sys

import numpy as np
import pesq
import pytest
from speech_like import noise, voice

from unweave.errors import UnweaveError
from unweave.evaluation.metrics import metrics
from unweave.evaluation.metrics.pesq import wide_band_pesq

SPEECH = voice()
NOISY = SPEECH + noise(len(SPEECH), 0.01)
WORSE = SPEECH + noise(len(SPEECH), 0.05, seed=2)


def test_it_is_the_package_in_wide_band_and_in_the_right_order():
    assert wide_band_pesq(SPEECH, NOISY) == pesq.pesq(16000, SPEECH, NOISY, "wb")
    assert wide_band_pesq(NOISY, SPEECH) == pesq.pesq(16000, NOISY, SPEECH, "wb")
    assert abs(wide_band_pesq(SPEECH, NOISY) - wide_band_pesq(NOISY, SPEECH)) > 0.01


def test_improvement_over_the_mixture():
    scores = metrics.build("pesq")(SPEECH[None], NOISY[None], WORSE[None], 16000)
    assert scores["pesqi"] == pesq.pesq(16000, SPEECH, NOISY, "wb") - pesq.pesq(16000, SPEECH, WORSE, "wb")
    assert scores["pesqi"] > 0.3


def test_one_computation_for_all_metrics_that_need_it(monkeypatch):
    calls = []
    real = pesq.pesq
    monkeypatch.setattr(pesq, "pesq", lambda *arguments: calls.append(1) or real(*arguments))
    parts = [(gain * part)[None] for gain, part in ((0.7, SPEECH), (0.6, NOISY), (0.5, WORSE))]
    first = metrics.build("pesq")(*parts, 16000)
    metrics.build("composite")(*parts, 16000)
    assert len(calls) == 2
    assert metrics.build("pesq")(*parts, 16000) == first
    assert len(calls) == 2


def test_no_speech_is_no_score():
    silence = np.zeros_like(SPEECH)
    assert math.isnan(wide_band_pesq(silence, SPEECH)) and math.isnan(wide_band_pesq(SPEECH, silence))
    assert math.isnan(wide_band_pesq(SPEECH[:3999], SPEECH[:3999]))
    late = silence.copy()
    late[-200:] = 0.1
    with pytest.raises(pesq.NoUtterancesError):
        pesq.pesq(16000, late, late, "wb")
    assert math.isnan(wide_band_pesq(late, late))
    late[:] = 0
    late[-1] = 1
    with pytest.raises(ValueError, match="NaN"):
        pesq.pesq(16000, late[-8000:], late[-8000:], "wb")
    assert math.isnan(wide_band_pesq(late[-8000:], late[-8000:]))


def test_what_the_package_has_no_room_for_is_not_given_to_it():
    bursts = np.tile(np.concatenate([SPEECH[1600:8000], np.zeros(4800, np.float32)]), 60)
    assert math.isnan(wide_band_pesq(bursts, bursts))


@pytest.mark.parametrize("name", ["pesq", "composite"])
def test_a_missing_package_is_said(name, monkeypatch):
    real = builtins.__import__

    def without(module, *arguments, **keywords):
        if module == "pesq":
            raise ImportError(module)
        return real(module, *arguments, **keywords)

    monkeypatch.delitem(sys.modules, "pesq")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[eval\]'"):
        metrics.build(name)

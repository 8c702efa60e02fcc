"""What every registered metric must do."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from shipped import shipped
from speech_like import noise, voice

from unweave.evaluation.metrics import Metric, metrics


@pytest.fixture(scope="module", params=shipped(metrics))
def metric(request) -> Metric:
    return metrics.build(request.param)


@cache
def sounds(channels: int = 1, rate: int = 32000, odd: int = 0) -> tuple[np.ndarray, ...]:
    """Speech, a better estimate of it than its mixture with noise, and that mixture, each (C, T)."""
    parts = []
    for channel in range(channels):
        speech = voice(2.0, rate, seed=channel)
        speech = np.pad(speech, (0, odd), mode="edge")
        rustle = noise(len(speech), 0.05, seed=10 + channel)
        parts.append([speech, (0.9 * speech + 0.3 * rustle).astype(np.float32), speech + rustle])
    return tuple(np.stack(part) for part in zip(*parts, strict=True))


def improvements(metric: Metric) -> list[str]:
    return [name for name in metric.columns if name.endswith("i") and name[:-1] in metric.columns]


@pytest.mark.parametrize(("channels", "rate", "odd"), [(1, 16000, 0), (1, 32000, 17), (2, 44100, 1)])
def test_finite_and_as_its_columns_say(metric, channels, rate, odd):
    scores = metric(*sounds(channels, rate, odd), rate)
    assert tuple(scores) == metric.columns
    assert all(isinstance(value, float) and math.isfinite(value) for value in scores.values())


@pytest.mark.parametrize("channels", [1, 2])
def test_the_mixture_as_its_own_estimate_improves_exactly_nothing(metric, channels):
    reference, _, mixture = sounds(channels)
    scores = metric(reference, mixture, mixture.copy(), 32000)
    assert [scores[name] for name in improvements(metric)] == [0.0] * len(improvements(metric))


def test_perfect_is_better_than_better_is_better_than_the_mixture(metric):
    reference, estimate, mixture = sounds()
    if metric.of_silence:  # silence is perfect
        reference, estimate = 0 * reference, 0.1 * mixture
    perfect, better, plain = (metric(reference, one, mixture, 32000) for one in (reference, estimate, mixture))
    for name in metric.columns:
        assert perfect[name] > better[name] > plain[name], name
    for name in improvements(metric):
        assert better[name] == pytest.approx(better[name[:-1]] - plain[name[:-1]])


def test_reference_and_estimate_cannot_be_swapped(metric):
    reference, estimate, mixture = sounds()
    right, swapped = metric(reference, estimate, mixture, 32000), metric(estimate, reference, mixture, 32000)
    assert any(abs(right[name] - swapped[name]) > 1e-3 for name in metric.columns)


def test_the_same_twice_and_nothing_is_written_on(metric):
    parts = sounds(2)
    before = [part.copy() for part in parts]
    assert metric(*parts, 32000) == metric(*parts, 32000)
    for part, old in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, old)


@pytest.mark.parametrize("silent", ["reference", "estimate", "mixture", "all"])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_neither_breaks_nor_warns(metric, silent, channels):
    names = ["reference", "estimate", "mixture"]
    parts = [0 * part if silent in (name, "all") else part for name, part in zip(names, sounds(channels), strict=True)]
    scores = metric(*parts, 32000)
    assert tuple(scores) == metric.columns
    assert not any(math.isinf(value) for value in scores.values())
    if silent in ("reference", "all"):
        # The paper's SDR is held finite, and silence is what some are about; all else has nothing to say.
        says = "sdr" in metric.columns or metric.of_silence
        assert all(math.isnan(value) for value in scores.values()) != says


@pytest.mark.parametrize("samples", [1, 2, 777, 9001])
def test_short_sounds_neither_break_nor_warn(metric, samples):
    scores = metric(*(part[:, 4000 : 4000 + samples] for part in sounds(2)), 32000)
    assert tuple(scores) == metric.columns
    assert not any(math.isinf(value) for value in scores.values())

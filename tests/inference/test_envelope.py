from __future__ import annotations

import numpy as np
import pytest

from unweave.inference.envelope import Envelope, Spectrum


@pytest.mark.parametrize("total", [1, 7, 1200, 5003])
def test_envelope_holds_the_extremes_whatever_the_blocks(total: int) -> None:
    x = np.random.default_rng(total).standard_normal((2, total)).astype(np.float32)
    whole, parts = Envelope(total), Envelope(total)
    whole.add(x)
    for start in range(0, total, 97):
        parts.add(x[:, start : start + 97])
    assert np.array_equal(whole.low, parts.low) and np.array_equal(whole.high, parts.high)
    assert whole.low.min() == min(x.min(), 0) and whole.high.max() == max(x.max(), 0)
    assert whole.energy_db == pytest.approx(10 * np.log10(np.square(x).mean()), abs=1e-4)


def test_silence_has_no_energy() -> None:
    envelope = Envelope(10)
    envelope.add(np.zeros((1, 10), np.float32))
    assert envelope.energy_db is None


@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_tone_lights_its_band(hertz: int) -> None:
    spectrum = Spectrum(32000, 16000)
    spectrum.add(np.sin(2 * np.pi * hertz * np.arange(32000) / 16000)[None].astype(np.float32))
    picture = spectrum.picture()
    band = picture.mean(axis=1).argmax()
    expected = len(picture) * np.log10(1 + hertz / 700) / np.log10(1 + 8000 / 700)
    assert abs(band + 0.5 - expected) <= 1.5
    assert picture.max() == 0


@pytest.mark.parametrize("total", [1, 100, 100_000])
def test_any_length_has_a_picture(total: int) -> None:
    spectrum = Spectrum(total, 44100)
    spectrum.add(np.ones((1, total), np.float32))
    assert np.isfinite(spectrum.picture()).all()


def test_without_columns_there_is_the_energy_alone() -> None:
    x = np.random.default_rng(0).standard_normal((2, 500)).astype(np.float32)
    drawn, plain = Envelope(500), Envelope(500, columns=0)
    for envelope in (drawn, plain):
        envelope.add(x)
    assert plain.energy_db == drawn.energy_db and not len(plain.low)

import numpy as np
import pytest

from unweave.evaluation.metrics.wss import _band_levels, _filters, _weights, spectral_slope_distances

RNG = np.random.default_rng(0)
WINDOW = np.hanning(482)[1:-1]
FRAMES = RNG.standard_normal((5, 480)) * WINDOW


def test_a_tone_is_loudest_in_its_band():
    time = np.arange(480) / 16000
    tones = np.stack([np.sin(2 * np.pi * f * time) * WINDOW for f in (330, 1020, 2978)])
    assert _band_levels(tones).argmax(1).tolist() == [4, 12, 22]


def test_bands_hold_alike_much_of_a_flat_spectrum():
    # Wide bands are lower in proportion, so that each passes about as much.
    sums = _filters().sum(1)
    assert len(sums) == 25 and sums[7:].std() < 0.05 * sums[7:].mean()


def test_weights_by_hand():
    levels = np.full((1, 25), 0.0)
    levels[0, :4] = [0.0, 10.0, 6.0, 6.0]
    levels[0, 4:] = 9.0
    weights = _weights(levels, np.diff(levels))[0]
    # Band 0 rises straight into the peak: the last band that still rises is itself. Bands 1 and 2 fall or are flat:
    # the peak is band 1. Band 3 rises, is itself the last that does. From band 4 on all is flat: band 4 is the peak.
    assert weights[:5] == pytest.approx([20 / 30, 1.0, 20 / 24 / 5, 20 / 24, 20 / 21])
    assert weights[5:] == pytest.approx(20 / 21)


def test_level_is_nothing_and_tilt_is_not():
    np.testing.assert_allclose(spectral_slope_distances(FRAMES, 0.1 * FRAMES), 0, atol=1e-9)
    tilted = np.stack([np.convolve(frame, [1, 0.9], "same") for frame in FRAMES])
    assert (spectral_slope_distances(FRAMES, tilted) > 0.01).all()


def test_silence_is_finite():
    silence = np.zeros_like(FRAMES)
    assert (spectral_slope_distances(silence, silence) == 0).all()
    assert np.isfinite(spectral_slope_distances(silence, FRAMES)).all()
    assert spectral_slope_distances(silence[:0], silence[:0]).shape == (0,)

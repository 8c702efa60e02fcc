"""Weighted spectral slope distance (Klatt 1982) as Hu and Loizou (2008) compute it."""

from __future__ import annotations

from functools import cache

import numpy as np

from unweave.evaluation.metrics.speech import FRAME, RATE, Floats

BINS = 2 ** int(np.ceil(np.log2(2 * FRAME))) // 2  # below half the sample rate
CENTRES = [50.0, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30, 1288.72]
CENTRES += [1442.54, 1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63]
WIDTHS = [70.0, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823]
WIDTHS += [168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136]
"""Centres and widths of the 25 critical bands, in Hz."""
GLOBAL_PEAK, LOCAL_PEAK = 20.0, 1.0  # Klatt's constants, in dB
QUIETEST = 1e-10  # energy of a band


def spectral_slope_distances(reference: Floats, estimate: Floats) -> Floats:
    """Mean squared difference of the slopes between neighbouring critical bands, near spectral peaks above all.

    Args:
        reference, estimate: frames under their window (`unweave.evaluation.metrics.speech.frames`).

    Shape:
        reference, estimate (F, 480) -> (F,), in dB squared
    """
    bands = [_band_levels(frames) for frames in (reference, estimate)]
    slopes = [np.diff(levels, axis=1) for levels in bands]
    weights = sum(_weights(levels, slope) for levels, slope in zip(bands, slopes, strict=True))
    distances: Floats = (weights * np.square(slopes[0] - slopes[1])).sum(1) / np.sum(weights, axis=1)
    return distances


@cache
def _filters() -> Floats:
    """Gaussian filters of the critical bands, cut at -30 dB, (25, BINS)."""
    centres, widths = np.array(CENTRES)[:, None], np.array(WIDTHS)[:, None]
    hertz = RATE / 2 / BINS
    filters = np.exp(-11 * np.square((np.arange(BINS) - np.floor(centres / hertz)) / (widths / hertz)))
    filters *= widths.min() / widths
    return np.where(filters > np.exp(-30 / (2 * 2.303)), filters, 0.0)


def _band_levels(frames: Floats) -> Floats:
    """Level of each critical band in dB, (F, 25)."""
    power = np.square(np.abs(np.fft.rfft(frames, 2 * BINS)[:, :BINS]))
    levels: Floats = 10 * np.log10(np.maximum(power @ _filters().T, QUIETEST))
    return levels


def _weights(levels: Floats, slopes: Floats) -> Floats:
    """Weight of each slope: larger near the loudest band and near the peak that it leads to, (F, 24)."""
    starts = levels[:, :-1]
    peaks = starts.copy()
    rising = slopes > 0
    # A slope that falls, or is flat, leads to the peak on its left; one that rises to the last band from which the
    # level still rises (one before the peak itself, as in the programs that all published figures come from).
    for i in range(1, peaks.shape[1]):
        on = ~rising[:, i] & ~rising[:, i - 1]
        peaks[on, i] = peaks[on, i - 1]
    for i in range(peaks.shape[1] - 2, -1, -1):
        on = rising[:, i] & rising[:, i + 1]
        peaks[on, i] = peaks[on, i + 1]
    globally = GLOBAL_PEAK / (GLOBAL_PEAK + levels.max(1, keepdims=True) - starts)
    locally = LOCAL_PEAK / (LOCAL_PEAK + peaks - starts)
    weights: Floats = globally * locally
    return weights

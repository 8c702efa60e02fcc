"""Augmentation of anchors before they are mixed: numpy in, numpy out, one waveform at a time.

Collections differ in bandwidth (LibriSpeech ends at 8 kHz, UrbanSound8K at 11), and a network would learn to tell
sources apart by their cutoff. `band_limit` takes that cue away: both sides of a mixture are low-passed at random.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

Wave = NDArray[np.float32]

TILT, TILTED = 4.0, 0.4  # dB a decade, standard deviation; how often


def change_speed(wave: Wave, factor: float, sample_rate: int) -> Wave:
    """Play faster (factor > 1: higher, shorter) or slower; (T,) -> (about T / factor,)."""
    if abs(factor - 1) < 1e-3:
        return wave
    return np.asarray(soxr.resample(wave, sample_rate * factor, sample_rate, quality="LQ"), np.float32)


def draw_speed(rng: np.random.Generator, most: float, chance: float) -> float:
    """A factor for `change_speed`: 1 / (1 + most) to 1 + most, even in octaves, or 1 unless `chance` has it."""
    return float(np.exp(rng.uniform(-1, 1) * np.log1p(most))) if rng.random() < chance else 1.0


def played(wave: Wave, speed: float, samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """A piece of a clip, about samples * speed long, played at that speed and often tilted; (T,) -> (samples,)."""
    wave = change_speed(wave, speed, sample_rate)[:samples]
    wave = np.pad(wave, (0, samples - len(wave)))
    return tilt(wave, float(rng.normal(0, TILT)), sample_rate) if rng.random() < TILTED else wave


def band_limit(wave: Wave, cutoff: float, sample_rate: int) -> Wave:
    """Low-pass at `cutoff` Hz by a brick wall with a raised-cosine edge of a tenth of the cutoff; (T,) -> (T,)."""
    if cutoff >= sample_rate / 2:
        return wave
    spectrum = np.fft.rfft(wave)
    frequency = np.fft.rfftfreq(len(wave), 1 / sample_rate)
    ramp = np.clip((cutoff - frequency) / (0.1 * cutoff) + 1, 0, 1)
    return np.asarray(np.fft.irfft(spectrum * (0.5 - 0.5 * np.cos(np.pi * ramp)), len(wave)), np.float32)


def tilt(wave: Wave, decibels: float, sample_rate: int, pivot: float = 1000.0) -> Wave:
    """Tilt the spectrum by `decibels` per decade around `pivot` Hz, as rooms and microphones do; (T,) -> (T,)."""
    frequency = np.maximum(np.fft.rfftfreq(len(wave), 1 / sample_rate), 50.0)
    gain = 10 ** (decibels / 20 * np.log10(frequency / pivot))
    return np.asarray(np.fft.irfft(np.fft.rfft(wave) * gain, len(wave)), np.float32)

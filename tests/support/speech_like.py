"""Made-up speech for the metrics of speech: voiced syllables with formants, hisses between them, pauses."""

from __future__ import annotations

from functools import cache

import numpy as np

FORMANTS = [(700, 1200, 2600), (300, 2300, 3000), (500, 900, 2400), (400, 1900, 2550), (350, 800, 2200)]  # Hz


@cache
def voice(seconds: float = 3.0, rate: int = 16000, seed: int = 0) -> np.ndarray:
    """(T,) float32; five syllables in two seconds, then a pause."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    pitch = 120 + 15 * np.sin(2 * np.pi * 0.7 * time + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    wave = np.zeros(len(time))
    for start in np.arange(0.1, seconds, 0.4):
        number = round(start / 0.4)
        if number % 6 == 5:
            continue
        shape = np.clip(np.sin(np.pi * (time - start) / 0.3), 0, None) * (abs(time - start - 0.15) < 0.15)
        for harmonic in range(1, 26):
            peaks = [np.exp(-(((harmonic * 120 - f) / 150) ** 2)) / (1 + k) for k, f in enumerate(FORMANTS[number % 5])]
            wave += 0.3 * shape * (sum(peaks) + 0.02) * np.sin(harmonic * phase)
        hiss = np.exp(-(((time - start + 0.04) / 0.02) ** 2))
        wave += 0.05 * hiss * np.diff(rng.random(len(time) + 1))
    return (wave + 4e-3 * (rng.random(len(time)) - 0.5)).astype(np.float32)


def noise(samples: int, rms: float, seed: int = 1) -> np.ndarray:
    """(T,) float32; more of it low than high."""
    rng = np.random.default_rng(seed)
    white = rng.random(samples + 8) - 0.5
    coloured = np.convolve(white, np.ones(8) / 8 + np.eye(8)[0] / 2, "valid")[:samples]
    return (rms * coloured / np.sqrt(np.square(coloured).mean())).astype(np.float32)

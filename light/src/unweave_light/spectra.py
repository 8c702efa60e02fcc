"""The short-time Fourier transform, and what is done with spectra around the networks.

Spectrograms are (..., F, N): frames, bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spectra = NDArray[np.complex64]

TINY = np.float32(1e-12)
NEARLY = 1 - 1e-3  # gains above are as good as 1: the transform's rounding


class Transform:
    """Hann window, centred frames, reflected edges.

    Args:
        window: samples, even; a waveform is longer than half of it.
        hop: samples between frames, at most a third of the window.
    """

    def __init__(self, window: int, hop: int) -> None:
        self.size, self.hop = window, hop
        self.window: Samples = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)

    def __call__(self, waveform: Samples) -> Spectra:
        """(..., T) -> (..., F, N), F = T // hop + 1."""
        half = self.size // 2
        padded = np.pad(waveform, [(0, 0)] * (waveform.ndim - 1) + [(half, half)], "reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size, axis=-1)[..., :: self.hop, :]
        return np.fft.rfft(frames * self.window).astype(np.complex64)

    def inverse(self, spectra: Spectra, length: int) -> Samples:
        """(..., F, N) -> (..., length)."""
        frames = np.fft.irfft(spectra, self.size).astype(np.float32) * self.window
        total = self.size + (frames.shape[-2] - 1) * self.hop
        added, weight = np.zeros((*frames.shape[:-2], total), np.float32), np.zeros(total, np.float32)
        for number in range(frames.shape[-2]):
            here = slice(number * self.hop, number * self.hop + self.size)
            added[..., here] += frames[..., number, :]
            weight[here] += self.window**2
        inside = slice(self.size // 2, self.size // 2 + length)
        return np.asarray(added[..., inside] / weight[inside], np.float32)


def share(mixture: Samples, sources: Sequence[Samples], transform: Transform) -> list[Samples]:
    """The tracks S_u of a segment (C, T), so that together they hold no more than the recording X does.

    w_u = min(1, |X| |S_u| / sum_v |S_v|^2) where they say more than there is, then all of them smaller until what is
    left is not louder than X.
    """
    heard, taken = transform(mixture), transform(np.stack(sources))  # (C, F, N), (U, C, F, N)
    said, there = np.abs(taken), np.abs(heard)
    shares = np.minimum(there * said / np.maximum(np.square(said).sum(0), TINY), 1)
    gain = np.where(said.sum(0) > there, shares, np.float32(1))
    together = (gain * taken).sum(0)
    loud = np.abs(together)
    most = 2 * (together * heard.conj()).real / np.maximum(np.square(loud), TINY)
    gain = gain * np.where(loud > TINY, np.clip(most, 0, 1), np.float32(1))
    if (gain > NEARLY).all():
        return list(sources)
    surplus = transform.inverse((1 - gain) * taken, mixture.shape[-1])
    return [source - own for source, own in zip(sources, surplus, strict=True)]


def raise_prominent(
    mixture: Samples, source: Samples, transform: Transform, slope: float, start: float, most: float
) -> Samples:
    """A source (C, T) of a segment; where it drowns the rest of it, its odds in each bin are raised.

    m' = g m / (1 + (g - 1) m), 10 log10 g = slope (10 log10 (E_source / E_rest) - start), within 0 and `most` dB.
    """
    own, rest = _energy(source), _energy(mixture - source)
    if slope == 0 or own == 0:
        return source
    louder = 10 * log10(own / max(rest, 1e-12 * own))
    factor = 10 ** (min(max(slope * (louder - start), 0.0), most) / 10)
    if factor == 1:
        return source
    heard, taken = transform(mixture), transform(source)
    ratio = np.clip((taken * heard.conj()).real / (np.square(np.abs(heard)) + TINY), 0, 1)
    more = factor * ratio / (1 + (factor - 1) * ratio) - ratio
    return source + transform.inverse((more * heard).astype(np.complex64), source.shape[-1])


def _energy(samples: Samples) -> float:
    return float(np.square(samples, dtype=np.float64).sum())

"""What knows the target: masks of the spectrogram that no model can beat by much, as upper rows of every table.

Both use the STFT of the separators, so that they say what a mask of that resolution can give.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.stft import Stft

Samples = NDArray[np.float32]
WINDOW_SECONDS, HOPS = 0.064, 4  # 2048 samples at 32 kHz
SMALLEST = 1e-8


def ideal_ratio_mask(target: Samples, mixture: Samples) -> Samples:
    """|S| / (|S| + |X - S|) on the mixture's spectrogram, in the mixture's phase; (C, T), (C, T) -> (C, T)."""
    return _masked(target, mixture, _ratio)


def ideal_complex_mask(target: Samples, mixture: Samples) -> Samples:
    """S / X with its magnitude held at most 1, as the masks of the separators are; (C, T), (C, T) -> (C, T)."""
    return _masked(target, mixture, _complex)


def _ratio(target: Tensor, mixture: Tensor) -> Tensor:
    own, rest = target.abs(), (mixture - target).abs()
    return mixture * (own / (own + rest + SMALLEST))


def _complex(target: Tensor, mixture: Tensor) -> Tensor:
    ratio = (target.abs() / mixture.abs().clamp_min(SMALLEST)).clamp_min(1.0)
    return target / ratio


def _masked(target: Samples, mixture: Samples, mask: object, rate: int = 32000) -> Samples:
    stft = _stft(round(WINDOW_SECONDS * rate))
    spectra = [stft(torch.from_numpy(np.ascontiguousarray(wave))) for wave in (target, mixture)]
    out: Samples = stft.inverse(mask(*spectra), target.shape[1]).numpy()  # type: ignore[operator]
    return out


@lru_cache(maxsize=2)
def _stft(window: int) -> Stft:
    return Stft(window, window // HOPS)

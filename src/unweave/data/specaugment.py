"""SpecAugment (Park et al., 2019): stripes of time and of frequency that a tagger must do without.

Where stripes lie is drawn with the batch, as shares of the spectrogram's sides: the drawing does not know the network,
and hiding is the same on every device and in every process.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

STRIPES = 2  # of each kind, as PANNs have it (Kong et al., 2020, Section IV-B)
WIDEST_TIME, WIDEST_BAND = 64 / 1001, 8 / 64  # theirs too: 64 of 1001 frames, 8 of 64 bands


def draw_stripes(rng: np.random.Generator) -> Tensor:
    """Stripes for one clip: where each begins and how wide it is, as shares of the side, time first.

    Shape:
        -> (2, STRIPES, 2) float32: time or frequency, stripe, begin and width
    """
    width = rng.random((2, STRIPES)) * np.array([[WIDEST_TIME], [WIDEST_BAND]])
    begin = rng.random((2, STRIPES)) * (1 - width)
    return torch.from_numpy(np.stack([begin, width], axis=2).astype(np.float32))


def _inside(stripes: Tensor, size: int) -> Tensor:
    """Which of `size` places a stripe covers: (B, STRIPES, 2) -> (B, size)."""
    place = (torch.arange(size, device=stripes.device) + 0.5) / size
    begin, width = stripes[..., :1], stripes[..., 1:]
    return ((place >= begin) & (place < begin + width)).any(dim=1)


def hide_stripes(spectrogram: Tensor, stripes: Tensor) -> Tensor:
    """The spectrogram with its stripes hidden under its mean, so that they say nothing and shift no statistics.

    Shape:
        spectrogram (B, F, M), stripes (B, 2, STRIPES, 2) of `draw_stripes` -> (B, F, M)
    """
    _, frames, bands = spectrogram.shape
    hidden = _inside(stripes[:, 0], frames)[:, :, None] | _inside(stripes[:, 1], bands)[:, None]
    return torch.where(hidden, spectrogram.mean(dim=(1, 2), keepdim=True), spectrogram)

"""What drowns everything else is given more of the mixture than the separator dares to give it.

A separator that has learnt from sounds of about equal energy believes that sounds are equally loud. Where a source
holds the share m of a bin, the odds m / (1 - m) that it says are those of such a mixture; of a source that is g times
as strong as all the rest they are g times as high (Bayes' rule). How much stronger it is than the rest of its segment,
the separator's own estimate tells well enough:

    m' = g m / (1 + (g - 1) m)        10 log10 g = prominence * (10 log10 (E_source / E_rest) - FROM), within 0 and MOST

Speech over a faint noise, say, comes out as it went in, instead of with the holes that equal odds would cut into it.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from numpy.typing import NDArray

from unweave.audio.energy import energy
from unweave.audio.stft import Stft, alike, power, scaled

Samples = NDArray[np.float32]

FROM = 6.0  # dB above the rest: below, mixtures are as those that were learnt from, or a song with one loud stem
MOST = 10.0  # dB
WINDOW_SECONDS = 0.032
TINY = 1e-12


def raise_prominent(mixture: Samples, source: Samples, prominence: float, sample_rate: int) -> Samples:
    """A source of a segment, its odds raised where it drowns the rest of it.

    Channels share one factor, so that a source stays where it is heard from.

    Args:
        mixture: the segment.
        source: what the separator took out of it.
        prominence: dB by which the odds rise with each dB; 0 returns the source as it is.
        sample_rate: in Hz.

    Shape:
        (C, T), (C, T) -> (C, T)
    """
    factor = _factor(mixture, source, prominence)
    if factor == 1:
        return source
    stft = segment_stft(sample_rate)
    with torch.inference_mode():
        heard, taken = stft(torch.from_numpy(np.concatenate([mixture, source]))).chunk(2)
        share = alike(taken, heard).div_(power(heard).add_(TINY)).clamp_(0, 1)
        more = (factor * share).div_(1 + (factor - 1) * share).sub_(share)
        added = stft.inverse(scaled(heard, more), source.shape[1])
        result: Samples = source + added.numpy()
    return result


def _factor(mixture: Samples, source: Samples, prominence: float) -> float:
    """g, at least 1."""
    own, rest = float(energy(source).sum()), float(energy(mixture - source).sum())
    if prominence == 0 or own == 0:
        return 1.0
    louder = 10 * math.log10(own / max(rest, TINY * own))
    return float(10 ** (min(max(prominence * (louder - FROM), 0.0), MOST) / 10))


@functools.lru_cache(maxsize=4)
def segment_stft(sample_rate: int) -> Stft:
    """The transform in which bins of a segment are shared."""
    window = 4 * max(1, round(WINDOW_SECONDS * sample_rate / 4))
    return Stft(window, window // 4)

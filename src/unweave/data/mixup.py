"""Mixup (Zhang et al., 2018): two clips in a random ratio, and their tags in the same one.

A tagger that learns from it is less sure of what it has seen once. PANNs mix log-mel spectrograms or waveforms and find
spectrograms a little better (Kong et al., 2020).
"""

from __future__ import annotations

import numpy as np
from torch import Tensor


def draw_ratio(rng: np.random.Generator, chance: float, alpha: float = 1.0) -> float:
    """How much of the first clip there is, in [0.5, 1]; it is the louder half, and 1 where nothing is mixed.

    Args:
        rng: random numbers.
        chance: how often clips are mixed, in [0, 1].
        alpha: of the beta distribution that ratios come from; 1 makes all equally likely, as PANNs do.
    """
    # Both numbers are always drawn, so that the chance of one clip does not change what the next one gets.
    mixed, ratio = rng.random() < chance, float(rng.beta(alpha, alpha))
    # A batch is balanced by the first clips, so these must be what is mostly heard.
    return max(ratio, 1 - ratio) if mixed else 1.0


def mix(first: Tensor, second: Tensor, ratio: Tensor) -> Tensor:
    """`ratio` of the first and the rest of the second; rows with a ratio of 1 are the first, to the bit.

    Shape:
        first, second (B, ...), ratio (B,) in [0, 1] -> (B, ...)
    """
    share = ratio.view(-1, *[1] * (first.dim() - 1))
    return first + (1 - share) * (second - first)

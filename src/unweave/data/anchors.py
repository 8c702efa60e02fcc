"""Anchor mining (Section 3.3): where in a clip that is only tagged does the class sound?

The score of a centre t is the detector's probability of the class, integrated over the segment around it
(equations 3 and 4):

    q_k(t) = integral of p_SED(., k) over [t - tau / 2, t + tau / 2],    t* = argmax q_k(t)
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def anchor_scores(frames: Tensor, seconds: float, frame_rate: float) -> Tensor:
    """q_k of every place at which an anchor may start.

    Args:
        frames: the detector's probabilities of the class wanted in each clip, (B, F).
        seconds: tau, the length of the anchor.
        frame_rate: frames per second.

    Shape:
        -> (B, starts); entry i is the mean over frames i .. i + tau * frame_rate. One start if the clip is shorter.
    """
    span = max(1, min(frames.shape[1], round(seconds * frame_rate)))
    total = torch.nn.functional.pad(frames.double().cumsum(1), (1, 0))
    return ((total[:, span:] - total[:, :-span]) / span).to(frames.dtype)


def detector_anchors(frames: Tensor, seconds: float, frame_rate: float) -> Tensor:
    """Start of the anchor with the largest area under the detector's curve (the paper's choice), in seconds.

    Shape:
        frames (B, F) -> (B,)
    """
    return anchor_scores(frames, seconds, frame_rate).argmax(1) / frame_rate


def near_best_anchor(
    frames: NDArray[np.float32], seconds: float, frame_rate: float, share: float, rng: np.random.Generator
) -> float:
    """A start drawn evenly from those whose score reaches `share` of the best one, in seconds.

    The paper always takes the best; with few clips, many good places in each teach more than one.

    Shape:
        frames (F,) -> float
    """
    scores = anchor_scores(torch.from_numpy(frames)[None], seconds, frame_rate)[0].numpy()
    good = np.flatnonzero(scores >= share * scores.max())
    return float(rng.choice(good)) / frame_rate


def random_anchors(lengths: Tensor, seconds: float, generator: torch.Generator) -> Tensor:
    """Starts drawn evenly over each clip (the paper's "out-clip random"), in seconds.

    Shape:
        lengths of the clips in seconds (B,) -> (B,)
    """
    return torch.rand(lengths.shape, generator=generator) * (lengths - seconds).clamp(min=0)

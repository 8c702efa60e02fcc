"""Anchor mining (Section 3.3): where in a clip that is only tagged does the class sound?

The score of a centre t is the detector's probability of the class, integrated over the segment around it
(equations 3 and 4):

    q_k(t) = integral of p_SED(., k) over [t - tau / 2, t + tau / 2],    t* = argmax q_k(t)

The strategies of Table 7 that choose by these scores, or without them, are in `unweave.data.miners`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.errors import UnweaveError


def class_curve(frames: Tensor, classes: Tensor) -> Tensor:
    """The detector's curve of the class that each clip was drawn for.

    Args:
        frames: probabilities of all classes, (B, F, K).
        classes: (B,) int64; a clip without a class (-1) gets the likeliest class of each frame.

    Shape:
        -> (B, F)
    """
    named = classes.to(frames.device)[:, None, None].expand(-1, frames.shape[1], 1)
    return torch.where(named[..., 0] < 0, frames.amax(2), frames.gather(2, named.clamp(min=0))[..., 0])


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
    exact = frames.float() if frames.device.type == "mps" else frames.double()  # MPS has no 64 bits
    total = torch.nn.functional.pad(exact.cumsum(1), (1, 0))
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


def anchor_samples(seconds: float, sample_rate: int) -> int:
    """Samples of an anchor of `seconds`.

    Raises:
        UnweaveError: that is no sample at all.
    """
    samples = round(seconds * sample_rate)
    if samples < 1:
        raise UnweaveError(f"An anchor of {seconds} s holds no sample at {sample_rate} Hz; the paper's have 2 s.")
    return samples


def cut(clips: Tensor, starts: Tensor, samples: int) -> Tensor:
    """The anchors of clips, on the clips' device; what lies outside a clip is silence.

    Args:
        clips: (B, T); silent behind the end of a clip shorter than T.
        starts: first sample of each anchor, (B,) or, for several of each clip, (B, S).
        samples: of an anchor.

    Shape:
        -> (B, samples) or (B, S, samples)
    """
    several = starts.to(clips.device).reshape(len(clips), -1)  # (B, S)
    place = several[..., None] + torch.arange(samples, device=clips.device)
    inside = (place >= 0) & (place < clips.shape[1])
    wide = clips[:, None].expand(-1, several.shape[1], -1)
    pieces = wide.gather(2, place.clamp(0, clips.shape[1] - 1)) * inside
    return pieces if starts.dim() == 2 else pieces[:, 0]

"""When something sounds, in frames of 20 ms."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from unweave.evaluation.audible import BELOW_LOUDEST_DB, FLOOR_DB, FRAME_SECONDS, GAP_SECONDS

Samples = NDArray[np.float32]
Frames = NDArray[np.bool_]


def frame_length(sample_rate: int) -> int:
    """Samples of a frame."""
    return max(1, round(FRAME_SECONDS * sample_rate))


def sounding(wave: Samples, sample_rate: int) -> Frames:
    """The frames in which a sound is audible: less than 40 dB below its loudest, gaps shorter than 0.3 s closed.

    Shape:
        wave (C, T) -> (F,)
    """
    frame = frame_length(sample_rate)
    starts = np.arange(0, wave.shape[1], frame)
    lengths = np.diff(np.append(starts, wave.shape[1]))
    powers = np.add.reduceat(np.square(wave, dtype=np.float64).mean(0), starts) / lengths
    on: Frames = powers >= max(10 ** (FLOOR_DB / 10), powers.max() * 10 ** (-BELOW_LOUDEST_DB / 10))
    places = np.flatnonzero(on)
    for before, after in zip(places[:-1], places[1:], strict=True):
        if 1 < after - before <= GAP_SECONDS / FRAME_SECONDS:
            on[before:after] = True
    return on


def between(stretches: Iterable[tuple[float, float]], frames: int) -> Frames:
    """The frames that lie in stretches of time, in s, (F,)."""
    on = np.zeros(frames, bool)
    for start, end in stretches:
        on[int(start / FRAME_SECONDS) : int(np.ceil(end / FRAME_SECONDS))] = True
    return on


def cut(wave: Samples, on: Frames, sample_rate: int) -> Samples:
    """The samples of the frames that are on, (C, T) -> (C, T')."""
    kept = np.repeat(on, frame_length(sample_rate))[: wave.shape[1]]
    return wave[:, kept]

"""What the metrics of speech share: one channel at 16 kHz, cut into frames of 30 ms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unweave.audio.resampling import resample
from unweave.evaluation.metrics.base import Samples

RATE = 16000  # Hz
FRAME = 480  # samples, 30 ms
HOP = FRAME // 4

Floats = NDArray[np.float64]


def as_speech(sound: Samples, sample_rate: int) -> Samples:
    """The mean of the channels, at 16 kHz.

    Shape:
        sound (C, T) -> (T')
    """
    mono = sound.mean(0, keepdims=True, dtype=np.float64).astype(np.float32)
    speech: Samples = resample(mono, sample_rate, RATE)[0]
    return speech


def frames(speech: Samples) -> Floats:
    """Frames of 30 ms that overlap by three quarters, under a Hann window without its zeros.

    As in Loizou's programs and those that follow them, the last whole frame is left out.

    Shape:
        speech (T) -> (F, 480); F is 0 below 600 samples
    """
    count = max((len(speech) - FRAME) // HOP, 0)
    if not count:
        return np.zeros((0, FRAME))
    cut = np.lib.stride_tricks.sliding_window_view(speech, FRAME)[: count * HOP : HOP]
    windowed: Floats = cut * np.hanning(FRAME + 2)[1:-1]
    return windowed

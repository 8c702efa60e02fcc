"""The newest samples of a stream, as the networks want them, and the way back to the stream's own samples.

Each window is brought to the model's rate by itself, its first sample at time 0 in both rates, so that no filter adds
a delay and no clock can drift, at any rate.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from unweave.audio.resampling import resample
from unweave.inference.recording import Samples

MARGIN = 0.02  # s on either side of what is brought back: longer than the filter rings


class Tail:
    """The newest samples of a stream, in memory that never grows; before the first one there is silence.

    Args:
        channels: C.
        size: samples that are kept.
    """

    def __init__(self, channels: int, size: int) -> None:
        self.size = size
        self._store = np.zeros((channels, 2 * size), np.float32)
        self._end = size

    def push(self, block: Samples) -> None:
        """Take (C, n), n at most `size`."""
        count = block.shape[1]
        if self._end + count > self._store.shape[1]:
            self._store[:, : self.size] = self._store[:, self._end - self.size : self._end].copy()
            self._end = self.size
        self._store[:, self._end : self._end + count] = block
        self._end += count

    def last(self, count: int, before: int = 0) -> Samples:
        """A copy of the `count` samples that end `before` samples before the newest; both together at most `size`."""
        end = self._end - before
        newest: Samples = self._store[:, end - count : end].copy()
        return newest


class Window:
    """What is between a stream's rate and the model's.

    Args:
        sample_rate: of the stream, in Hz.
        model_rate: in Hz.
        segment: samples that the networks hear at once, at the model's rate.

    Attributes:
        size: samples of the stream that they are.
    """

    def __init__(self, sample_rate: int, model_rate: int, segment: int) -> None:
        self.sample_rate, self.model_rate, self.segment = sample_rate, model_rate, segment
        self.size = segment * sample_rate // model_rate
        common = gcd(sample_rate, model_rate)
        self._own, self._model = sample_rate // common, model_rate // common  # steps at which both rates meet

    def heard(self, samples: Samples) -> Samples:
        """To the model's rate.

        Shape:
            (C, size) -> (C, segment)
        """
        heard = resample(samples, self.sample_rate, self.model_rate)[:, : self.segment]
        return np.pad(heard, ((0, 0), (0, self.segment - heard.shape[1])), "edge")

    def back(self, source: Samples, first: int, last: int) -> Samples:
        """Samples `first` to `last` of the window at the stream's rate, of a source at the model's.

        Shape:
            (C, segment) -> (C, last - first)
        """
        margin = round(MARGIN * self.sample_rate)
        step = max(0, first - margin) // self._own
        end = min(self.segment, -(-(last + margin) * self.model_rate // self.sample_rate))
        piece = resample(source[:, step * self._model : end], self.model_rate, self.sample_rate)
        piece = piece[:, first - step * self._own : last - step * self._own]
        return np.pad(piece, ((0, 0), (0, last - first - piece.shape[1])))

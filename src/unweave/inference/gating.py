"""The way back to the recording's rate for tracks that are silent most of the time.

Most tracks sound in a few segments only. Where one is silent nothing is resampled: the stream is closed once the
silence is longer than the filter rings, and a new one begins where a sample of one rate falls on a sample of the other.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from unweave.audio.resampling import Resampler
from unweave.inference.recording import Samples

RINGING = 4096  # samples of silence after which nothing of the sound before is left in the filter


class GatedResampler:
    """The same samples as `Resampler` gives, without the work for silence.

    Args:
        in_rate: in Hz.
        out_rate: in Hz.
        channels: C.
    """

    def __init__(self, in_rate: int, out_rate: int, channels: int) -> None:
        divisor = gcd(in_rate, out_rate)
        self.in_step, self.out_step = in_rate // divisor, out_rate // divisor
        self.in_rate, self.out_rate, self.channels = in_rate, out_rate, channels
        self._stream: Resampler | None = None
        self._ahead = 0  # samples taken since the last place where both rates meet, or since the stream began
        self._silent = 0  # of those, the silent ones at the end

    def push(self, piece: Samples) -> list[Samples]:
        """Take (C, n) and give pieces of what is ready."""
        if not piece.any():
            return self._push_silence(piece)
        given = []
        if self._stream is None:
            self._stream = Resampler(self.in_rate, self.out_rate, self.channels)
            given.append(self._stream.push(np.zeros((self.channels, self._ahead), np.float32)))
        self._ahead += piece.shape[1]
        self._silent = 0
        return [*given, self._stream.push(piece)]

    def finish(self) -> list[Samples]:
        """Give the rest: at least all samples whose time lies before the end of what was taken."""
        if self._stream is not None:
            return [self._stream.finish()]
        return [self._zeros(-(-self._ahead * self.out_step // self.in_step))]

    def _push_silence(self, piece: Samples) -> list[Samples]:
        given: list[Samples] = []
        size = piece.shape[1]
        if self._stream is not None:
            meeting = (self._ahead + size) // self.in_step * self.in_step - self._ahead
            if meeting < 0 or self._silent + meeting < RINGING:
                self._ahead += size
                self._silent += size
                return [self._stream.push(piece)]
            given = [self._stream.push(piece[:, :meeting]), self._stream.finish()]
            self._stream, self._ahead, self._silent, size = None, 0, 0, size - meeting
        steps, self._ahead = divmod(self._ahead + size, self.in_step)
        return [*given, self._zeros(steps * self.out_step)]

    def _zeros(self, samples: int) -> Samples:
        return np.zeros((self.channels, samples), np.float32)

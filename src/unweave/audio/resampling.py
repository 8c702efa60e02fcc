"""Changing the sample rate in a stream: the same samples whatever the block size, no delay, an exact length."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.interleaving import interleaved, planar
from unweave.errors import UnweaveError

Block = npt.NDArray[np.float32]


def output_length(samples: int, in_rate: int, out_rate: int) -> int:
    """Samples at `out_rate` that `samples` samples at `in_rate` become: ceil(samples * out_rate / in_rate)."""
    return -(-samples * out_rate // in_rate)


class Resampler:
    """A stream of blocks from one sample rate to another (the SoX resampler, very high quality).

    The outputs of `push` and `finish`, put together, hold `output_length` samples; output sample k sounds at the time
    of k / out_rate seconds of the input. Equal rates pass through untouched.

    Args:
        in_rate: in Hz.
        out_rate: in Hz.
        channels: 1 for mono.

    Raises:
        UnweaveError: a rate or a channel count below 1.
    """

    def __init__(self, in_rate: int, out_rate: int, channels: int) -> None:
        if in_rate < 1 or out_rate < 1 or channels < 1:
            raise UnweaveError(
                f"Rates and channels must be at least 1; got {in_rate} Hz to {out_rate} Hz, {channels} channels."
            )
        self.in_rate, self.out_rate, self.channels = in_rate, out_rate, channels
        self._taken = 0
        self._given = 0
        self._stream: Any = None
        if in_rate != out_rate:
            import soxr

            self._stream = soxr.ResampleStream(in_rate, out_rate, channels, dtype="float32", quality="VHQ")

    def push(self, block: Block) -> Block:
        """Take a block and give what is ready; the first ones may give nothing.

        Shape:
            block (C, n) -> (C, m)
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise UnweaveError(f"Expected blocks of {self.channels} channels, (C, n); got the shape {block.shape}.")
        self._taken += block.shape[1]
        if self._stream is None or block.shape[1] == 0:
            return block
        return self._trim(self._resample(block, last=False))

    def finish(self) -> Block:
        """Give the rest; nothing can be pushed after it.

        Shape:
            (C, m)
        """
        if self._stream is None:
            return np.zeros((self.channels, 0), dtype=np.float32)
        # soxr rounds the length; with silence after the end it gives the last sample in every case.
        tail = np.zeros((self.channels, 2 * -(-self.in_rate // self.out_rate) + 2), dtype=np.float32)
        rest = self._trim(self._resample(tail, last=True))
        missing = output_length(self._taken, self.in_rate, self.out_rate) - self._given
        self._given += missing
        return np.pad(rest, ((0, 0), (0, missing)))

    def _resample(self, block: Block, last: bool) -> Block:
        frames = self._stream.resample_chunk(interleaved(block.astype(np.float32, copy=False)), last=last)
        return planar(frames.reshape(-1, self.channels))

    def _trim(self, block: Block) -> Block:
        left = output_length(self._taken, self.in_rate, self.out_rate) - self._given
        block = block[:, : max(left, 0)]
        self._given += block.shape[1]
        return block


def resample(x: Block, in_rate: int, out_rate: int) -> Block:
    """A whole recording from one sample rate to another; see `Resampler`.

    Args:
        x: float32.
        in_rate: in Hz.
        out_rate: in Hz.

    Shape:
        x (C, T) -> (C, output_length(T, in_rate, out_rate))
    """
    resampler = Resampler(in_rate, out_rate, x.shape[0])
    return np.concatenate([resampler.push(x), resampler.finish()], axis=1)

"""From a recording of any rate to overlapping segments at the model's, and back."""

from __future__ import annotations

import numpy as np
import soxr

from unweave_light.spectra import Samples


class Resampler:
    """A stream from one rate to another; ceil(samples * out_rate / in_rate) samples come out, none of them late."""

    def __init__(self, in_rate: int, out_rate: int, channels: int) -> None:
        self.rates, self.channels = (in_rate, out_rate), channels
        self.taken = self.given = 0
        same = in_rate == out_rate
        self._stream = None if same else soxr.ResampleStream(in_rate, out_rate, channels, "float32", "VHQ")

    def push(self, block: Samples) -> Samples:
        """(C, n) -> what is ready, (C, m)."""
        self.taken += block.shape[1]
        return block if self._stream is None or not block.shape[1] else self._run(block, False)

    def finish(self) -> Samples:
        """The rest."""
        if self._stream is None:
            return np.zeros((self.channels, 0), np.float32)
        # With silence after the end the last sample comes out in every case.
        rest = self._run(np.zeros((self.channels, 2 * -(-self.rates[0] // self.rates[1]) + 2), np.float32), True)
        missing = self._due() - self.given
        self.given += missing
        return np.pad(rest, ((0, 0), (0, missing)))

    def _due(self) -> int:
        return -(-self.taken * self.rates[1] // self.rates[0])

    def _run(self, block: Samples, last: bool) -> Samples:
        assert self._stream is not None
        frames = self._stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
        ready: Samples = np.ascontiguousarray(frames.reshape(-1, self.channels).T)[:, : self._due() - self.given]
        self.given += ready.shape[1]
        return ready


class Segmenter:
    """Blocks of a recording in, segments (C, length) at the model's rate out; the last one is filled up backwards."""

    def __init__(self, rate: int, channels: int, model_rate: int, length: int, overlap: int) -> None:
        self.length, self.hop, self.total, self._given = length, length - overlap, 0, 0
        self._resampler = Resampler(rate, model_rate, channels)
        self._held = np.zeros((channels, 0), np.float32)

    def push(self, block: Samples) -> list[Samples]:
        """The segments that are full now."""
        return self._cut(self._resampler.push(block))

    def finish(self) -> list[Samples]:
        """The last ones."""
        segments = self._cut(self._resampler.finish())
        covered = (self._given - 1) * self.hop + self.length if self._given else 0
        if self.total > covered:
            segments.append(np.pad(self._held, ((0, 0), (0, self.length - self._held.shape[1])), "symmetric"))
        return segments

    def _cut(self, samples: Samples) -> list[Samples]:
        self.total += samples.shape[1]
        self._held = np.concatenate([self._held, samples], axis=1)
        segments = []
        while self._held.shape[1] >= self.length:
            segments.append(self._held[:, : self.length].copy())
            self._held = self._held[:, self.hop :].copy()
            self._given += 1
        return segments


class Joiner:
    """The way back for one track: segments in, samples at the recording's rate out, neighbours cross-faded."""

    def __init__(self, rate: int, channels: int, model_rate: int, length: int, overlap: int) -> None:
        self.length, self.overlap = length, overlap
        self._rise = (np.sin(0.5 * np.pi * (np.arange(overlap) + 0.5) / max(overlap, 1)) ** 2).astype(np.float32)
        self._resampler = Resampler(model_rate, rate, channels)
        self._tail: Samples | None = None
        self._given = 0

    def add(self, segment: Samples) -> Samples:
        """The next segment (C, length) -> the samples that are final now."""
        tail, keep = self._tail, self.length - self.overlap
        if tail is None:
            self._tail = segment.copy()
            return np.zeros((len(segment), 0), np.float32)
        final, last = tail.copy(), tail.shape[1] - self.overlap
        final[:, last:] += (segment[:, : self.overlap] - final[:, last:]) * self._rise
        self._tail = segment[:, self.overlap :].copy()
        assert self._tail.shape[1] == keep
        self._given += final.shape[1]
        return self._resampler.push(final)

    def finish(self, total: int) -> Samples:
        """The rest, after `total` samples at the model's rate."""
        assert self._tail is not None
        rest = self._resampler.push(self._tail[:, : total - self._given])
        return np.concatenate([rest, self._resampler.finish()], axis=1)


def downmix(segment: Samples, cancelled: float) -> Samples:
    """Channels to mono for the tagger; where they cancel each other, the loudest of them. (C, T) -> (T,)."""
    if len(segment) == 1:
        return np.asarray(segment[0])
    mono: Samples = segment.mean(axis=0, dtype=np.float32)
    energies = np.square(segment).sum(axis=1, dtype=np.float64)
    if np.square(mono).sum(dtype=np.float64) < cancelled * energies.sum() / len(segment) ** 2:
        return np.asarray(segment[int(energies.argmax())])
    return mono

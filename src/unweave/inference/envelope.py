"""Pictures of sound that grow block by block and never larger: an envelope and a spectrogram with fixed columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unweave.inference.recording import Samples

Picture = NDArray[np.float32]
COLUMNS = 1200


class Envelope:
    """Lowest and highest sample of each column, and the energy of all.

    Args:
        total: samples of the whole recording.
        columns: at most; a short recording has one for each sample. With 0 there is the energy and no picture.
    """

    def __init__(self, total: int, columns: int = COLUMNS) -> None:
        self.total = max(1, total)
        self.columns = min(columns, self.total)
        self.low = np.zeros(self.columns, np.float32)
        self.high = np.zeros(self.columns, np.float32)
        self._energy = 0.0
        self._count = 0
        self._at = 0

    def add(self, block: Samples) -> None:
        """The next samples (C, n)."""
        size, start = block.shape[1], self._at
        self._at += size
        self._count += block.size
        if not block.any():  # columns begin at zero
            return
        self._energy += float(np.square(block, dtype=np.float64).sum())
        if not self.columns:
            return
        first, last = (min(at * self.columns // self.total, self.columns - 1) for at in (start, start + size - 1))
        index = np.arange(first, last + 1)
        cuts = np.maximum(-(-index * self.total // self.columns) - start, 0)  # where each column begins
        self.low[index] = np.minimum(self.low[index], np.minimum.reduceat(block, cuts, axis=1).min(axis=0))
        self.high[index] = np.maximum(self.high[index], np.maximum.reduceat(block, cuts, axis=1).max(axis=0))

    @property
    def energy_db(self) -> float | None:
        """Mean square in dB of full scale, None for silence."""
        return None if self._energy == 0 else float(10 * np.log10(self._energy / self._count))


class Spectrum:
    """Mean power of each column and band, bands evenly spaced on the mel scale.

    Args:
        total: samples of the whole recording.
        sample_rate: in Hz.
        columns: at most.
        bands: rows of the picture.
    """

    def __init__(self, total: int, sample_rate: int, columns: int = 600, bands: int = 96) -> None:
        self.window = max(16, 1 << round(np.log2(max(16.0, sample_rate * 0.046))))
        self.columns = max(1, min(columns, total // self.window))
        self.total = max(1, total)
        mel = np.linspace(0, _mel(sample_rate / 2), bands + 1)
        edges = 700 * (10 ** (mel / 2595) - 1) / (sample_rate / 2) * (self.window // 2)
        self._first = np.minimum(edges[:-1].astype(int), self.window // 2)
        self._hann = np.hanning(self.window).astype(np.float32)
        self._power = np.zeros((self.columns, bands), np.float64)
        self._frames = np.zeros(self.columns, np.int64)
        self._held = np.zeros(0, np.float32)
        self._at = 0

    def add(self, block: Samples) -> None:
        """The next samples (C, n)."""
        held = np.concatenate([self._held, block.mean(axis=0)])
        count = len(held) // self.window
        if count:
            self._add_frames(held[: count * self.window].reshape(count, self.window))
        self._held = held[count * self.window :].copy()

    def picture(self) -> Picture:
        """Power in dB below its maximum, (bands, columns); the last samples count as a frame of their own."""
        if len(self._held) and self._frames[-1] == 0:
            self._add_frames(np.pad(self._held, (0, self.window - len(self._held)))[None])
        power = self._power / np.maximum(self._frames, 1)[:, None]
        loudest = max(power.max(), 1e-12)
        picture: Picture = (10 * np.log10(np.maximum(power / loudest, 1e-9))).astype(np.float32).T
        return picture

    def _add_frames(self, frames: Samples) -> None:
        power = np.square(np.abs(np.fft.rfft(frames * self._hann)))
        middle = self._at + self.window // 2 + np.arange(len(frames)) * self.window
        column = np.minimum(middle * self.columns // self.total, self.columns - 1)
        # A band narrower than a bin takes the bin that it lies in.
        banded = np.add.reduceat(power, self._first, axis=1) / np.maximum(
            np.diff(self._first, append=self.window // 2), 1
        )
        np.add.at(self._power, column, banded)
        np.add.at(self._frames, column, 1)
        self._at += len(frames) * self.window


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))

"""A store's clips on the device that trains: on a GPU, all of a small collection fits into its memory as int16.

Cutting, changing the speed, tilting, band limits and rooms are done there, for a whole batch at once. What
`unweave.data.augment` does to one waveform in numpy this does to (B, T) tensors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.data.shards import FULL_SCALE
from unweave.data.store import Store
from unweave.errors import UnweaveError

TAPS = 16  # of the interpolation between samples


class ResidentClips:
    """Clips end to end in the memory of a device.

    Args:
        store: whose clips are taken.
        rows: which of them, each once.
        device: where they lie.

    Raises:
        UnweaveError: they do not fit there.
    """

    def __init__(self, store: Store, rows: Sequence[int] | NDArray[np.int64], device: torch.device) -> None:
        rows = np.asarray(rows, np.int64)
        lengths = store.lengths[rows]
        self.device, self.sample_rate = device, store.sample_rate
        self.place = np.full(len(store), -1, np.int64)  # of each row of the store among those here
        self.place[rows] = np.arange(len(rows))
        ends = np.cumsum(lengths)
        try:
            # Silence at both sides, so that places outside of a clip can be read, and hidden afterwards.
            self.samples = torch.zeros(int(ends[-1]) + 2 * TAPS, dtype=torch.int16, device=device)
        except torch.OutOfMemoryError as error:
            raise UnweaveError(
                f"{2e-9 * float(ends[-1]):.1f} GB of clips do not fit into the memory of {device}; "
                "say data.resident=false, or prepare fewer clips."
            ) from error
        for row, start, length in zip(rows.tolist(), (ends - lengths).tolist(), lengths.tolist(), strict=True):
            wave = np.round(store.read(row, 0, length) * FULL_SCALE).astype(np.int16)
            self.samples[TAPS + start : TAPS + start + length] = torch.from_numpy(wave).to(device)
        self.starts = torch.from_numpy(ends - lengths + TAPS).to(device)
        self.lengths = torch.from_numpy(lengths.astype(np.int64)).to(device)
        # In one pass over the memory, where a compiler makes one of its hundred small steps.
        self._interpolate = torch.compile(_interpolated, dynamic=True) if device.type == "cuda" else _interpolated

    def cut(self, rows: NDArray[np.int64], starts: Tensor, speeds: Tensor, samples: int) -> Tensor:
        """Pieces of clips, played at some speed; what lies outside a clip is silence.

        Args:
            rows: of the store, (B,).
            starts: first sample of each piece, whole numbers or not, negative or not, (B,) float64.
            speeds: 1.1 plays faster and higher, (B,).
            samples: T.

        Shape:
            -> (B, T) float32
        """
        places = torch.from_numpy(self.place[rows]).to(self.device)
        first, length = self.starts[places][:, None], self.lengths[places][:, None]
        exact = self.device, torch.float64  # places in a long clip, to a small part of a sample
        return self._interpolate(
            self.samples, first, length, starts.to(*exact)[:, None], speeds.to(*exact)[:, None], samples
        )


def _interpolated(
    all_samples: Tensor, first: Tensor, length: Tensor, start: Tensor, speed: Tensor, samples: int
) -> Tensor:
    """`samples` values between those of clips, by a windowed sinc; every other argument but the first is (B, 1)."""
    position = start + torch.arange(samples, device=first.device, dtype=torch.float64) * speed
    whole = position.floor()
    fraction = (position - whole).float()
    place = whole.long()
    out = torch.zeros_like(fraction)
    half = TAPS // 2
    for tap in range(1 - half, half + 1):
        inside = (place + tap >= 0) & (place + tap < length)
        value = all_samples[first + (place + tap).clamp(min=0).minimum(length - 1)]
        out = out + value * inside * _kernel(fraction - tap, half)
    return out / FULL_SCALE


def _kernel(distance: Tensor, half: int) -> Tensor:
    """A sinc under a Hann window that ends `half` samples away."""
    window: Tensor = 0.5 + 0.5 * torch.cos(math.pi / half * distance)
    value: Tensor = torch.sinc(distance) * window * (distance.abs() < half)
    return value


class Filters:
    """What rooms, microphones and collections do to sounds, on (B, T) at once.

    Args:
        samples: T.
        sample_rate: in Hz.
        device: where the sounds are.
        tail: longest echo, in s.
    """

    def __init__(self, samples: int, sample_rate: int, device: torch.device, tail: float = 0.5) -> None:
        self.samples, self.rate = samples, sample_rate
        self.echo = round(tail * sample_rate)
        self.size = samples + self.echo
        self.frequency = torch.fft.rfftfreq(self.size, 1 / sample_rate, device=device)
        self.slope = torch.log10(self.frequency.clamp(min=50.0) / 1000.0)  # decades from 1 kHz

    def __call__(self, waves: Tensor, tilts: Tensor, cutoffs: Tensor, rooms: Tensor | None = None) -> Tensor:
        """Tilt by `tilts` dB a decade (B,), end at `cutoffs` Hz (B,), and sound in a room (see `rooms`).

        The edge of the band is a raised cosine of a tenth of the cutoff; a cutoff of half the sample rate changes
        nothing.

        Shape:
            waves (B, T), rooms (B, echo) or None -> (B, T)
        """
        spectrum = torch.fft.rfft(waves, self.size)
        gain = torch.pow(10.0, tilts[:, None] / 20 * self.slope)
        ramp = ((cutoffs[:, None] - self.frequency) / (0.1 * cutoffs[:, None]) + 1).clamp(0, 1)
        ramp = torch.where(cutoffs[:, None] >= self.rate / 2, torch.ones_like(ramp), ramp)
        spectrum = spectrum * (gain * (0.5 - 0.5 * torch.cos(math.pi * ramp)))
        if rooms is not None:
            spectrum = spectrum * torch.fft.rfft(rooms, self.size)
        out: Tensor = torch.fft.irfft(spectrum, self.size)[:, : self.samples]
        return out

    def rooms(self, seconds: Tensor, ratios: Tensor, generator: torch.Generator) -> Tensor:
        """Made-up impulse responses: the direct sound, then noise that dies away (Moorer, 1979).

        Args:
            seconds: until the echo has fallen by 60 dB, (B,); 0 for no room.
            ratios: energy of the direct sound over that of the echo, in dB, (B,).
            generator: of the noise.

        Shape:
            -> (B, echo)
        """
        device = seconds.device
        time = torch.arange(self.echo, device=device) / self.rate
        noise = torch.randn(len(seconds), self.echo, device=device, generator=generator)
        noise = noise * torch.exp(-6.9 * time / seconds[:, None].clamp(min=0.02)) * (time > 0.002)
        energy = noise.square().sum(1, keepdim=True).clamp(min=1e-9)
        out = noise * (torch.pow(10.0, -ratios[:, None] / 10) / energy).sqrt() * (seconds[:, None] > 0)
        out[:, 0] = 1.0
        return out

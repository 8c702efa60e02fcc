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
EVERY = 8  # of how many samples one is looked at to see how loud a place is


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
        if self.device.type == "cpu":
            return self._on_cpu(first, length, starts.double(), speeds.double(), samples)
        exact = self.device, torch.float64  # places in a long clip, to a small part of a sample
        return self._interpolate(
            self.samples, first, length, starts.to(*exact)[:, None], speeds.to(*exact)[:, None], samples
        )

    def _on_cpu(self, first: Tensor, length: Tensor, starts: Tensor, speeds: Tensor, samples: int) -> Tensor:
        """One piece after the other, so that each stays in the processor's cache; what keeps its speed is only read."""
        out = torch.empty(len(first), samples)
        for row, (start, speed) in enumerate(zip(starts, speeds, strict=True)):
            mine = first[row : row + 1], length[row : row + 1]
            if speed == 1 and start == start.floor():
                there = start.long() + torch.arange(samples)
                inside = (there >= 0) & (there < length[row])
                out[row] = self.samples[first[row] + there * inside] * inside / FULL_SCALE
            else:
                out[row] = self._interpolate(self.samples, *mine, start[None, None], speed[None, None], samples)[0]
        return out

    def energies(self, rows: NDArray[np.int64], starts: Tensor, samples: int) -> Tensor:
        """About how much energy pieces of clips have, from every `EVERY`th sample; for choosing among them.

        Args:
            rows, starts, samples: as for `cut`.

        Shape:
            -> (B,)
        """
        places = torch.from_numpy(self.place[rows]).to(self.device)
        there = starts.to(self.device).long()[:, None] + torch.arange(0, samples, EVERY, device=self.device)
        inside = (there >= 0) & (there < self.lengths[places][:, None])
        values = self.samples[self.starts[places][:, None] + there * inside] * inside
        return values.float().square().sum(1)


def _interpolated(
    all_samples: Tensor, first: Tensor, length: Tensor, start: Tensor, speed: Tensor, samples: int
) -> Tensor:
    """`samples` values between those of clips, by a sinc under a Hann window that ends `TAPS / 2` samples away.

    Every other argument but the first is (B, 1). Sine and cosine of a sum give the kernel at every tap from three
    values a sample: on a CPU, sixteen sines and cosines each were most of what drawing took.
    """
    position = start + torch.arange(samples, device=first.device, dtype=torch.float64) * speed
    whole = position.floor()
    fraction = (position - whole).float()
    place = whole.long()
    half = TAPS // 2
    # The sine from the nearer end: next to a whole number it is divided by as small a distance.
    sine = torch.sin(math.pi * torch.minimum(fraction, 1 - fraction)) / math.pi
    turn = math.pi / half
    across, along = 0.5 * torch.cos(turn * fraction), 0.5 * torch.sin(turn * fraction)
    out = torch.zeros_like(fraction)
    for tap in range(1 - half, half + 1):
        window = 0.5 + across * math.cos(turn * tap) + along * math.sin(turn * tap)
        distance = fraction - tap
        sinc = (-sine if tap % 2 else sine) / distance
        sinc = torch.where(distance == 0, 1.0, sinc) if tap in (0, 1) else sinc  # a fraction may be rounded up to 1
        there = place + tap
        value = all_samples[first + there.clamp(min=0).minimum(length - 1)]
        out = out + value * ((there >= 0) & (there < length)) * sinc * window
    return out / FULL_SCALE


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

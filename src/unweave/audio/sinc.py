"""Changing the sample rate inside a network: differentiable, on the network's device, no weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.errors import UnweaveError

_CROSSINGS = 32  # zero crossings of the sinc on either side
_PASS = 0.92  # of the lower Nyquist frequency, where the transition band is centred
_MOST_TAPS = 4_000_000  # numbers in the filters; 32 to 22.05 kHz needs 330 000
_BETA = 8.0  # of the Kaiser window: about 80 dB of attenuation


class SincResampler(nn.Module):
    """A whole waveform from one sample rate to another, by a windowed sinc as one strided convolution.

    Use it where a network inside a model works at a rate of its own; recordings in a stream go through
    `unweave.audio.resampling`. Output sample n sounds at the time of n / out_rate seconds of the input, silence is
    assumed around the input, and content above the lower Nyquist frequency is removed.

    Args:
        in_rate: in Hz.
        out_rate: in Hz; equal rates pass through untouched.

    Raises:
        UnweaveError: a rate below 1, or rates that need too many filters.
    """

    kernel: Tensor

    def __init__(self, in_rate: int, out_rate: int) -> None:
        super().__init__()
        if in_rate < 1 or out_rate < 1:
            raise UnweaveError(f"Sample rates must be at least 1 Hz; got {in_rate} and {out_rate}.")
        common = math.gcd(in_rate, out_rate)
        # Every `down` input samples become `up` output samples, each with a filter of its own.
        self.up, self.down = out_rate // common, in_rate // common
        cutoff = _PASS * min(1.0, self.up / self.down)
        self.reach = math.ceil(_CROSSINGS / cutoff)
        if self.up * (self.down + 2 * self.reach) > _MOST_TAPS:
            raise UnweaveError(
                f"{in_rate} Hz and {out_rate} Hz have too little in common to be changed into each other inside a "
                "network; use a usual sample rate."
            )
        place = torch.arange(-self.reach, self.down + self.reach + 1, dtype=torch.float64)
        centre = torch.arange(self.up, dtype=torch.float64) * (self.down / self.up)
        distance = (place[None] - centre[:, None]) * cutoff  # (up, taps), in zero crossings
        inside = (1 - (distance / _CROSSINGS).square()).clamp(min=0)
        window = torch.special.i0(_BETA * inside.sqrt()) * (inside > 0)
        kernel = torch.sinc(distance) * window
        kernel = kernel / kernel.sum(1, keepdim=True)
        self.register_buffer("kernel", kernel[:, None].float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Resample.

        Shape:
            (B, T), T >= 1 -> (B, ceil(T * out_rate / in_rate))
        """
        if self.up == self.down:
            return waveform
        samples = waveform.shape[-1]
        wanted = -(-samples * self.up // self.down)
        blocks = -(-wanted // self.up)
        right = blocks * self.down + self.reach + 1 - samples
        padded = functional.pad(waveform, (self.reach, right))
        phases = functional.conv1d(padded[:, None], self.kernel.to(waveform.dtype), stride=self.down)  # (B, up, blocks)
        return phases.transpose(1, 2).flatten(1)[:, :wanted]

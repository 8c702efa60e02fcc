"""The short-time Fourier transform and its inverse, exact for any length."""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.errors import UnweaveError


def power(spectrogram: Tensor) -> Tensor:
    """|x|^2 of complex numbers: (...) -> (...) real. A sum over pairs takes torch ten times as long as two squares."""
    parts = torch.view_as_real(spectrogram)
    return parts[..., 0].square() + parts[..., 1].square()


def magnitude(spectrogram: Tensor) -> Tensor:
    """|x| of complex numbers that are neither huge nor tiny, as those of sound: (...) -> (...) real.

    Where gradients are wanted it is torch's own, whose gradient at 0 is 0.
    """
    return spectrogram.abs() if spectrogram.requires_grad else power(spectrogram).sqrt()


def alike(one: Tensor, other: Tensor) -> Tensor:
    """Re(x y*) of complex numbers: (...), (...) -> (...) real."""
    (a, b), (c, d) = (torch.view_as_real(x).unbind(-1) for x in (one, other))
    return (a * c).add_(b * d)


def scaled(spectrogram: Tensor, factor: Tensor) -> Tensor:
    """Complex numbers times real ones, without the products that torch makes with zeros: (...), (...) -> (...)."""
    return torch.view_as_complex(torch.view_as_real(spectrogram) * factor[..., None])


class Stft(nn.Module):
    """Hann window, centred frames, reflected edges: the transform that the paper's taggers and separators share.

    A waveform of T samples has `T // hop + 1` frames, the n-th centred on sample `n * hop`. A waveform too short to
    be reflected (half a window or less) is continued with zeros.

    Args:
        window_size: samples, even. N = window_size // 2 + 1 frequency bins.
        hop: samples between frames, 1 to a third of the window, so that the last samples, which no later frame
            covers, still lie well inside the last one and come back exactly.

    Raises:
        UnweaveError: a window or a hop out of range.
    """

    window: Tensor

    def __init__(self, window_size: int, hop: int) -> None:
        super().__init__()
        if window_size < 4 or window_size % 2:
            raise UnweaveError(f"An STFT needs an even window of at least 4 samples, not {window_size}.")
        if hop < 1 or 3 * hop > window_size:
            raise UnweaveError(f"An STFT hop must be 1 to {window_size // 3} for a window of {window_size}, not {hop}.")
        self.window_size = window_size
        self.hop = hop
        # A constant, not a weight: it moves with the module but never enters a state dict.
        self.register_buffer("window", torch.hann_window(window_size, dtype=torch.float32), persistent=False)

    @property
    def bins(self) -> int:
        """N, the number of frequency bins."""
        return self.window_size // 2 + 1

    def frames(self, samples: int) -> int:
        """F, the number of frames of a waveform of `samples` samples."""
        return samples // self.hop + 1

    def forward(self, waveform: Tensor) -> Tensor:
        """Analyse.

        Shape:
            (B, T), T >= 1 -> (B, N, F) complex, F = T // hop + 1
        """
        samples = waveform.shape[-1]
        if samples < 1:
            raise UnweaveError("A waveform without samples has no spectrogram.")
        shortest = self.window_size // 2 + 1
        if samples < shortest:
            waveform = functional.pad(waveform, (0, shortest - samples))
        spectrogram = torch.stft(
            waveform,
            self.window_size,
            self.hop,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        return spectrogram[..., : self.frames(samples)]

    def inverse(self, spectrogram: Tensor, length: int) -> Tensor:
        """Synthesise by overlap-add; undoes `forward` up to rounding.

        Args:
            spectrogram: as `forward` gives it.
            length: T, the samples wanted, 1 to what the frames cover.

        Shape:
            (B, N, F) complex -> (B, length)
        """
        if not torch.is_grad_enabled():
            return self._inverse(spectrogram, length)
        return torch.istft(
            spectrogram,
            self.window_size,
            self.hop,
            window=self.window,
            center=True,
            length=length,
        )

    def _inverse(self, spectrogram: Tensor, length: int) -> Tensor:
        """The same without a backward pass, in a third of the time."""
        frames = torch.fft.irfft(spectrogram.transpose(1, 2), self.window_size).mul_(self.window)  # (B, F, W)
        middle = self.window_size // 2
        weight = _weight(self.window_size, self.hop, frames.shape[1], frames.device)
        return _overlapped(frames, self.hop)[:, middle : middle + length] / weight[middle : middle + length]


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """Frames added up where they lie: (B, F, W) -> (B, T), T = W + (F - 1) hop."""
    batch, count, size = frames.shape
    piece = math.gcd(size, hop)  # of which windows and hops are multiples
    step, pieces = hop // piece, frames.reshape(batch, count, size // piece, piece)
    whole = frames.new_zeros(batch, size // piece + (count - 1) * step, piece)
    for place in range(size // piece):
        whole[:, place : place + (count - 1) * step + 1 : step] += pieces[:, :, place]
    return whole.flatten(1)


@functools.lru_cache(maxsize=16)
def _weight(window_size: int, hop: int, count: int, device: torch.device) -> Tensor:
    """What the squares of the windows of `count` frames add up to, (T,)."""
    squares = torch.hann_window(window_size, dtype=torch.float32, device=device).square()
    return _overlapped(squares.expand(1, count, -1), hop)[0]

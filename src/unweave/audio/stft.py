"""The short-time Fourier transform and its inverse, exact for any length."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.errors import UnweaveError


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
        return torch.istft(
            spectrogram,
            self.window_size,
            self.hop,
            window=self.window,
            center=True,
            length=length,
        )

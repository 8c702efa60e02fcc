"""The mel spectrogram that the published taggers hear."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from unweave.audio.stft import Stft, power
from unweave.errors import UnweaveError

# Slaney's mel scale: linear below 1 kHz, logarithmic above.
_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27.0


def hz_to_mel(hz: float) -> float:
    """Frequency in Hz (>= 0) to Slaney mels."""
    if hz < _BREAK_HZ:
        return hz / _HZ_PER_MEL
    return _BREAK_MEL + math.log(hz / _BREAK_HZ) / _LOG_STEP


def mel_to_hz(mel: float) -> float:
    """Slaney mels (>= 0) to frequency in Hz."""
    if mel < _BREAK_MEL:
        return mel * _HZ_PER_MEL
    return _BREAK_HZ * math.exp((mel - _BREAK_MEL) * _LOG_STEP)


def mel_matrix(sample_rate: int, window_size: int, bands: int, lowest: float, highest: float) -> Tensor:
    """Triangles of equal area on Slaney's mel scale.

    Args:
        sample_rate: Hz.
        window_size: samples of the STFT window.
        bands: number of triangles.
        lowest, highest: outer feet of the first and the last triangle, Hz, 0 <= lowest < highest <= sample_rate / 2.

    Shape:
        -> (N, bands) float32, N = window_size // 2 + 1; power spectra (F, N) times it are mel spectra (F, bands).

    Raises:
        UnweaveError: frequencies out of range.
    """
    if not 0 <= lowest < highest <= sample_rate / 2:
        raise UnweaveError(
            f"Mel bands must lie between 0 and {sample_rate / 2:g} Hz, the lowest below the highest; "
            f"{lowest:g} to {highest:g} Hz do not."
        )
    mels = np.linspace(hz_to_mel(lowest), hz_to_mel(highest), bands + 2)
    corners = np.array([mel_to_hz(mel) for mel in mels])
    bins = np.arange(window_size // 2 + 1)[:, None] * (sample_rate / window_size)
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (right - left))
    return torch.from_numpy(triangles.astype(np.float32))


class LogMel(nn.Module):
    """Log-mel spectrogram in decibels, `10 log10(max(power, floor))`; the defaults are those of PANNs and HTS-AT.

    Args:
        sample_rate: Hz.
        window_size, hop: samples.
        bands: M, the number of mel bands.
        lowest, highest: Hz.
        floor: of the power.
    """

    matrix: Tensor

    def __init__(
        self,
        sample_rate: int = 32000,
        window_size: int = 1024,
        hop: int = 320,
        bands: int = 64,
        lowest: float = 50.0,
        highest: float = 14000.0,
        floor: float = 1e-10,
    ) -> None:
        super().__init__()
        self.sample_rate, self.floor = sample_rate, floor
        self.bands = bands
        self.stft = Stft(window_size, hop)
        matrix = mel_matrix(sample_rate, window_size, bands, lowest, highest)
        self.register_buffer("matrix", matrix, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Analyse.

        Shape:
            (B, T), T >= 1 -> (B, F, M), F = T // hop + 1
        """
        with torch.autocast(waveform.device.type, enabled=False):
            return self.decibels(self.powers(waveform))

    def powers(self, waveform: Tensor) -> Tensor:
        """What it hears before the bands: (B, T) -> (B, F, N)."""
        with torch.autocast(waveform.device.type, enabled=False):  # powers pass what 16 bits can hold
            return power(self.stft(waveform.float())).transpose(1, 2)

    def decibels(self, powers: Tensor) -> Tensor:
        """The same from power spectra: (B, F, N) -> (B, F, M)."""
        return 10.0 * torch.log10((powers @ self.matrix).clamp(min=self.floor))

"""Losses between estimated and true sources, both (B, T); each returns (B,)."""

from __future__ import annotations

import torch
from torch import Tensor


def l1(estimate: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error of the waveform, the paper's loss (equation 8)."""
    return (estimate - target).abs().mean(-1)


def negative_snr(estimate: Tensor, target: Tensor, threshold: float = 1e-3, floor: Tensor | None = None) -> Tensor:
    """Thresholded negative signal-to-noise ratio in dB (Wisdom et al., 2020).

        10 log10(||s - s^||^2 + tau ||s||^2) - 10 log10 ||s||^2

    The threshold tau = 10^(-SNR_max / 10) keeps a source that is already clean from taking all of the gradient.

    Args:
        estimate, target: (B, T).
        threshold: tau; 1e-3 stops the reward at 30 dB.
        floor: energy that stands in for ||s||^2 where the target is silent (an absent class), (B,); commonly the
            mixture's, so that the loss is how far below the mixture the estimate lies.
    """
    energy = target.square().sum(-1)
    if floor is not None:
        energy = torch.where(energy > 1e-6 * floor, energy, floor)
    error = (estimate - target).square().sum(-1)
    return 10 * torch.log10((error + threshold * energy + 1e-8) / (energy + 1e-8))


LOSSES = {"l1": l1, "snr": negative_snr}

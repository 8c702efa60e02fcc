"""How a condition steers a layer (arXiv 2305.07447, equation 6, after FiLM, arXiv 1709.07871)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def folded(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Scale and offset, (C,) each, that say all a batch normalisation does once it has learnt.

    A FiLM behind it then costs nothing of its own: it changes the two numbers of each channel, not every number of x.
    """
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


class Film(nn.Module):
    """Adds a shift to each channel that depends linearly on the condition; the paper's FiLM has no scale.

    Args:
        condition_dim: D.
        channels: C of the layer that it steers.

    Shape:
        x (B, C, ...), condition (B, D) -> the shape of x
    """

    def __init__(self, condition_dim: int, channels: int) -> None:
        super().__init__()
        self.shift = nn.Linear(condition_dim, channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        shift: Tensor = self.shift(condition)
        return x + shift.reshape(*shift.shape, *[1] * (x.dim() - 2))

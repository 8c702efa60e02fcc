"""How a condition steers a layer (arXiv 2305.07447, equation 6, after FiLM, arXiv 1709.07871)."""

from __future__ import annotations

from torch import Tensor, nn


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

"""Attention over all positions of a small feature map: what sounds low and early tells of what sounds high and late."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Multi-head self-attention over positions (Vaswani et al., 2017), added to its input; it starts as nothing.

    A position knows its row (frequency) by a learnt vector; columns (time) have none, so that any length will do and
    what is heard does not depend on when.

    Args:
        channels: C, a multiple of `heads`.
        heads: of the attention.
        rows: N of the map.
    """

    def __init__(self, channels: int, heads: int, rows: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.place = nn.Parameter(0.02 * torch.randn(1, channels, rows, 1))
        self.ask = nn.Linear(channels, 3 * channels)
        self.answer = nn.Linear(channels, channels)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Let every position hear all others.

        Shape:
            (B, C, N, F) -> (B, C, N, F)
        """
        batch, channels, rows, columns = x.shape
        h = (x + self.place).permute(0, 2, 3, 1).reshape(batch, rows * columns, channels)
        asked = self.ask(self.norm(h)).reshape(batch, rows * columns, 3, self.heads, channels // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind(0)  # (B, heads, N F, C / heads)
        heard = functional.scaled_dot_product_attention(query, key, value)
        heard = heard.transpose(1, 2).reshape(batch, rows * columns, channels)
        answer: Tensor = self.answer(heard)
        return x + answer.reshape(batch, rows, columns, channels).permute(0, 3, 1, 2)

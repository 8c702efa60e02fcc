"""Shifted-window attention on a square image of tokens (Swin Transformer, Liu et al., arXiv 2103.14030)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def to_windows(x: Tensor, size: int) -> Tensor:
    """Cut an image into squares: (B, H, W, C) -> (B * H/size * W/size, size * size, C)."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // size, size, width // size, size, channels)
    return x.transpose(2, 3).reshape(-1, size * size, channels)


def from_windows(windows: Tensor, size: int, side: int) -> Tensor:
    """Undo `to_windows` for a square image: -> (B, side, side, C)."""
    across = side // size
    x = windows.reshape(-1, across, across, size, size, windows.shape[-1])
    return x.transpose(2, 3).reshape(-1, side, side, windows.shape[-1])


def relative_positions(size: int) -> Tensor:
    """Row of the bias table for each pair of tokens of a window: (size^2, size^2) int64 in [0, (2 size - 1)^2)."""
    row, column = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    row, column = row.flatten(), column.flatten()
    down = row[:, None] - row[None, :] + size - 1
    right = column[:, None] - column[None, :] + size - 1
    return down * (2 * size - 1) + right


def shift_mask(side: int, size: int, shift: int) -> Tensor:
    """What a token may not attend to once the image is rolled: -100 between parts that were not neighbours, else 0.

    Shape:
        -> (windows, size^2, size^2)
    """
    line = torch.zeros(side, dtype=torch.int64)
    line[side - size : side - shift] = 1
    line[side - shift :] = 2
    region = (3 * line[:, None] + line[None, :]).float()
    parts = to_windows(region[None, :, :, None], size).squeeze(-1)  # (windows, size^2)
    return (parts[:, :, None] != parts[:, None, :]).float() * -100.0


class WindowAttention(nn.Module):
    """Multi-head attention inside windows, with a learned bias for each relative position.

    Args:
        dim: channels, a multiple of heads.
        heads: attention heads.
        size: side of the windows in tokens.

    Shape:
        (B * windows, size^2, dim), mask (windows, size^2, size^2) or None -> (B * windows, size^2, dim)
    """

    positions: Tensor

    def __init__(self, dim: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        self.reset_parameters()
        self.register_buffer("positions", relative_positions(size), persistent=False)

    def reset_parameters(self) -> None:
        """Positions start nearly alike."""
        nn.init.trunc_normal_(self.bias_table, std=0.02)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the class."""
        rows, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(rows, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        bias = self.bias_table[self.positions].permute(2, 0, 1)[None]  # (1, heads, tokens, tokens)
        if mask is not None:
            bias = (bias + mask[:, None]).repeat(rows // mask.shape[0], 1, 1, 1)
        x = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        out: Tensor = self.out(x.transpose(1, 2).reshape(rows, tokens, dim))
        return out


class DropPath(nn.Module):
    """Leaves a residual branch out for a random part of the batch while training (stochastic depth).

    Args:
        rate: share of rows left out, 0 <= rate < 1; the others are scaled up to keep the mean.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Any shape (B, ...) -> the same."""
        if not self.training or self.rate == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)


class SwinBlock(nn.Module):
    """Window attention and a two-layer perceptron, each on a normalised residual branch.

    Args:
        dim, heads: of the attention.
        side: side of the image in tokens.
        size: side of the windows; images no larger than one window are not shifted.
        shifted: whether the windows lie half a window off.
        drop_path: rate of `DropPath`.

    Shape:
        (B, side, side, dim) -> the same
    """

    mask: Tensor | None

    def __init__(self, dim: int, heads: int, side: int, size: int, shifted: bool, drop_path: float) -> None:
        super().__init__()
        self.side = side
        self.size = min(size, side)
        self.shift = self.size // 2 if shifted and side > self.size else 0
        self.norm1 = nn.LayerNorm(dim)
        self.attention = WindowAttention(dim, heads, self.size)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.drop_path = DropPath(drop_path)
        mask = shift_mask(side, self.size, self.shift) if self.shift else None
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        y = torch.roll(self.norm1(x), (-self.shift, -self.shift), dims=(1, 2))
        y = from_windows(self.attention(to_windows(y, self.size), self.mask), self.size, self.side)
        x = x + self.drop_path(torch.roll(y, (self.shift, self.shift), dims=(1, 2)))
        out: Tensor = x + self.drop_path(self.mlp(self.norm2(x)))
        return out


class PatchMerging(nn.Module):
    """Halves the image's side: 2 x 2 neighbours become one token of twice the channels.

    Shape:
        (B, side, side, dim) -> (B, side / 2, side / 2, 2 dim)
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        merged: Tensor = self.reduction(self.norm(torch.cat(corners, dim=-1)))
        return merged

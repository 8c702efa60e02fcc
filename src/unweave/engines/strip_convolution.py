"""A 3 x 3 convolution that goes in strips (`unweave.engines.strips`), with the kernel that it needs for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

import torch
from torch import Tensor, nn

from unweave.engines.remade import MOST_PAIRS, Remade, enough_tiles
from unweave.engines.strips import compiled, tiles_of_a_strip
from unweave.engines.winograd import Winograd, is_plain

FEWEST = 32  # channels on either side from which strips are faster


class StripConvolution:
    """A convolution with the norm and rectifier before it and what is added behind it.

    Args:
        convolution: as it is; should its weights change, what was made of them is made again.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        self.convolution = convolution
        self._kernel = Remade(self._by_column)

    def fit(self, x: Tensor) -> bool:
        """Whether a map, or a part of it, has enough tiles."""
        return x.dtype == torch.float32 and enough_tiles(x)

    def __call__(
        self,
        parts: Sequence[Tensor],
        scale: Tensor,
        offset: Tensor,
        slope: float,
        beside: Sequence[Tensor] = (),
        weights: Sequence[Tensor] = (),
        bias: Tensor | None = None,
    ) -> Tensor:
        """See `unweave.engines.strips.convolved`; maps have their channels where PyTorch has them.

        Shape:
            parts (B, inputs of each, F, N), scale and offset (B, inputs), beside (B, inputs of each, F, N), weights
            (inputs of each, outputs), bias (outputs,) -> (B, outputs, F, N)
        """
        kernel = self._kernel.of(self.convolution.weight)
        y = compiled()(
            [_last(part) for part in parts],
            scale,
            offset,
            slope,
            kernel,
            [_last(part) for part in beside],
            list(weights),
            offset if bias is None else bias,  # which is not looked at without weights
            tiles_of_a_strip(kernel.shape[1], kernel.shape[2], torch.get_num_threads()),
        )
        return y.permute(0, 3, 1, 2)

    def _by_column(self) -> Tensor:
        by_line = Winograd(self.convolution).kernel  # (36, inputs, outputs)
        return by_line.view(6, 6, *by_line.shape[1:]).transpose(0, 1).reshape(by_line.shape)


def can_be_strips(convolution: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether it is a convolution that can go in strips and is worth it."""
    if not (isinstance(convolution, nn.Conv2d) and is_plain(convolution)):
        return False
    sides = convolution.in_channels, convolution.out_channels
    return min(sides) >= FEWEST and sides[0] * sides[1] <= MOST_PAIRS


def _last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)

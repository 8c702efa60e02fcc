"""Blocks of the separator in the box whose layers normalise, convolve and add up strip after strip."""

from __future__ import annotations

from typing import TypeGuard

from torch import Tensor, nn

from unweave.engines.processor import multiplies_fast
from unweave.engines.strip_convolution import StripConvolution, can_be_strips
from unweave.separators.small import SLOPE, Block, Blocks


class QuickModulated(nn.Module):
    """A block, with both layers in strips where the map is large enough; blocks behind it are quick by themselves.

    Args:
        block: as it is; should its weights change, what was made of them is made again.

    Shape:
        as `Block`
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.plain = block
        self.strips = [StripConvolution(layer) for layer in block.convs if isinstance(layer, nn.Conv2d)]

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """See the class."""
        if not self.strips[0].fit(x):
            same: Tensor = self.plain(x, condition)
            return same
        h = x
        for number, strips in enumerate(self.strips):
            scale, shift = (each.expand(len(x), -1) for each in self.plain.modulation(number, condition))
            h = strips([h], scale, shift, SLOPE, [x] if number == len(self.strips) - 1 else [])
        for block in self.plain.more if isinstance(self.plain, Blocks) else ():
            h = block(h)
        return h


def worth_while(module: nn.Module) -> TypeGuard[Block]:
    """Whether it is a block that is quicker so on this processor."""
    return isinstance(module, Block) and all(map(can_be_strips, module.convs)) and not multiplies_fast()

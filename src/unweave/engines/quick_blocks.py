"""Blocks of a ResUNet whose layers normalise, convolve and add up strip after strip (`unweave.engines.strips`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import torch
from torch import Tensor, nn

from unweave.engines.processor import multiplies_fast
from unweave.engines.strip_convolution import StripConvolution, can_be_strips
from unweave.separators.film import folded
from unweave.separators.resunet import SLOPE, ConditionedLayer, PlainBlock, ResidualBlock, Shortcut


class QuickBlock(nn.Module):
    """A block whose layers take the quickest way for the map that comes; parts of its input are not joined for it.

    Args:
        block: as it is; should its weights change, what was made of them is made again.

    Shape:
        as `PlainBlock`
    """

    def __init__(self, block: PlainBlock) -> None:
        super().__init__()
        self.plain = block
        self.shortcut = block.shortcut if isinstance(block, ResidualBlock) else None
        self.strips = [Strips(layer) if can_be_strips(layer.convolution) else None for layer in _layers(block)]

    @property
    def layers(self) -> nn.ModuleList:
        """Of the block."""
        return self.plain.layers

    def forward(self, x: Tensor, shifts: Iterator[Tensor]) -> Tensor:
        """See the class."""
        return self.of_parts([x], shifts)

    def of_parts(self, parts: Sequence[Tensor], shifts: Iterator[Tensor]) -> Tensor:
        """See `PlainBlock.of_parts`."""
        x = list(parts)
        for layer, strips in zip(self.plain.layers, self.strips, strict=True):
            last = layer is self.plain.layers[-1]
            beside = parts if last and isinstance(self.plain, ResidualBlock) else ()
            if strips is not None and strips.fit(x[0]):
                x = [strips(x, next(shifts), beside, self.shortcut)]
            else:
                x = [layer(_joined(x), next(shifts))]
                if beside:
                    assert isinstance(self.plain, ResidualBlock)
                    x = [self.plain.past(_joined(beside), x[0])]
        return x[0]


class Strips:
    """A conditioned 3 x 3 convolution, strip after strip.

    Args:
        layer: as it is.
    """

    def __init__(self, layer: ConditionedLayer) -> None:
        assert isinstance(layer.convolution, nn.Conv2d)
        self.norm, self._strips = layer.norm, StripConvolution(layer.convolution)
        self.fit = self._strips.fit

    def __call__(
        self, parts: Sequence[Tensor], shift: Tensor, beside: Sequence[Tensor], shortcut: Shortcut | None
    ) -> Tensor:
        """What the layer gives, and what goes past its block if anything is beside it.

        Shape:
            parts (B, inputs of each, F, N), shift (B, inputs), beside (B, inputs of each, F, N) -> (B, outputs, F, N)
        """
        scale, offset = folded(self.norm)
        weights, bias = list[Tensor](), None
        if beside and shortcut is not None:
            assert shortcut.bias is not None
            sizes = [part.shape[1] for part in beside]
            weights, bias = list(torch.split(shortcut.weight.flatten(1).T, sizes)), shortcut.bias
        return self._strips(parts, scale.expand(len(shift), -1), offset + shift, SLOPE, beside, weights, bias)


def worth_while(module: nn.Module) -> TypeGuard[PlainBlock]:
    """Whether it is a block that is quicker so on this processor."""
    return isinstance(module, PlainBlock) and not multiplies_fast()


def goes_in_strips(block: PlainBlock) -> bool:
    """Whether all of its layers are wide enough for it."""
    return all(can_be_strips(layer.convolution) for layer in _layers(block))


def _layers(block: PlainBlock) -> list[ConditionedLayer]:
    return [layer for layer in block.layers if isinstance(layer, ConditionedLayer)]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=1)

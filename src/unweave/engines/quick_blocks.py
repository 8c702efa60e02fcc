"""Blocks of a ResUNet whose layers normalise, convolve and add up strip after strip (`unweave.engines.strips`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import torch
from torch import Tensor, nn

from unweave.engines.processor import multiplies_fast
from unweave.engines.remade import MOST_PAIRS, Remade, enough_tiles
from unweave.engines.strips import compiled, tiles_of_a_strip
from unweave.engines.winograd import Winograd, is_plain
from unweave.separators.film import folded
from unweave.separators.resunet import SLOPE, ConditionedLayer, PlainBlock, ResidualBlock, Shortcut

FEWEST = 32  # channels on either side from which strips are faster


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
        self.strips = [Strips(layer) if can_be_strips(layer) else None for layer in _layers(block)]

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
        self.norm, self.convolution = layer.norm, layer.convolution
        self._kernel = Remade(self._by_column)

    def fit(self, x: Tensor) -> bool:
        """Whether a map, or a part of it, has enough tiles."""
        return x.dtype == torch.float32 and enough_tiles(x)

    def __call__(
        self, parts: Sequence[Tensor], shift: Tensor, beside: Sequence[Tensor], shortcut: Shortcut | None
    ) -> Tensor:
        """What the layer gives, and what goes past its block if anything is beside it.

        Shape:
            parts (B, inputs of each, F, N), shift (B, inputs), beside (B, inputs of each, F, N) -> (B, outputs, F, N)
        """
        scale, offset = folded(self.norm)
        weights, bias = list[Tensor](), offset
        if beside and shortcut is not None:
            assert shortcut.bias is not None
            sizes = [part.shape[1] for part in beside]
            weights, bias = list(torch.split(shortcut.weight.flatten(1).T, sizes)), shortcut.bias
        kernel = self._kernel.of(self.convolution.weight)
        y = compiled()(
            [_last(part) for part in parts],
            scale,
            offset + shift,
            SLOPE,
            kernel,
            [_last(part) for part in beside],
            weights,
            bias,
            tiles_of_a_strip(kernel.shape[1], kernel.shape[2], torch.get_num_threads()),
        )
        return y.permute(0, 3, 1, 2)

    def _by_column(self) -> Tensor:
        by_line = Winograd(self.convolution).kernel  # (36, inputs, outputs)
        return by_line.view(6, 6, *by_line.shape[1:]).transpose(0, 1).reshape(by_line.shape)


def worth_while(module: nn.Module) -> TypeGuard[PlainBlock]:
    """Whether it is a block that is quicker so on this processor."""
    return isinstance(module, PlainBlock) and not multiplies_fast()


def goes_in_strips(block: PlainBlock) -> bool:
    """Whether all of its layers are wide enough for it."""
    return all(can_be_strips(layer) for layer in _layers(block))


def can_be_strips(layer: ConditionedLayer) -> bool:
    """Whether it is worth it for a layer."""
    convolution = layer.convolution
    if not (isinstance(convolution, nn.Conv2d) and is_plain(convolution)):
        return False
    sides = convolution.in_channels, convolution.out_channels
    return min(sides) >= FEWEST and sides[0] * sides[1] <= MOST_PAIRS


def _layers(block: PlainBlock) -> list[ConditionedLayer]:
    return [layer for layer in block.layers if isinstance(layer, ConditionedLayer)]


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=1)


def _last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)

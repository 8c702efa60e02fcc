"""PyTorch by itself, with its wide convolutions done in the quickest way for their shape.

The way torch takes is the same for all: it puts the weights of a layer into another order, every time, and multiplies.
Where a layer has many channels, fewer multiplications (`WinogradStrips`) take 0.4 to 0.9 of the time; where its map has
so few positions that the order of the weights is most of the work, one product does. `benchmarks/convolutions.py`
measures them layer by layer.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.engines import modulated_blocks, quick_blocks
from unweave.engines.modulated_blocks import QuickModulated
from unweave.engines.quick_blocks import QuickBlock, goes_in_strips
from unweave.engines.remade import MOST_PAIRS, Remade, enough_tiles
from unweave.engines.winograd import WinogradStrips, is_plain
from unweave.separators.resunet import Shortcut

FEWEST = {"AVX512": 96}  # channels on either side from which fewer multiplications are faster, by processor, and
FEWEST_ELSEWHERE = 64  # on all others: the slower it multiplies, the sooner what lies between is worth it
MOST_POSITIONS = 256  # in all of a batch, up to which one product is faster


class Quick:
    """A trunk's answer, in the quickest way that PyTorch has by itself; for rows in float32, without gradients.

    The network stays as it is: a copy shares its weights, and makes what it needs beside them when it is first asked.

    Args:
        owner: whose trunk.
        name: of the method.
    """

    def __init__(self, owner: nn.Module, name: str) -> None:
        self._owner, self._name = owner, name
        self._turn = threading.Lock()
        self._network: nn.Module | None = None

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Any number of rows."""
        network = self._network
        if network is None:
            with self._turn:
                network = self._network = self._network or quickened(self._owner)
        result: tuple[Tensor, ...] = getattr(type(network), self._name)(network, *tensors)
        return result

    @property
    def unrivalled(self) -> bool:
        """Whether no compiled network is known to be faster: on this processor most of the network goes in strips."""
        return any(
            modulated_blocks.worth_while(module) or (quick_blocks.worth_while(module) and goes_in_strips(module))
            for module in self._owner.modules()
        )

    def release(self) -> None:
        """Give back what it has made; it makes it again when it is asked."""
        self._network = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_owner": self._owner, "_name": self._name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_owner"], state["_name"])  # type: ignore[misc]


def quickened(network: nn.Module) -> nn.Module:
    """A copy that shares all weights and whose parts are quick; the network itself if it has none that could be."""
    if not any(_quick(module) is not None for module in network.modules()):
        return network
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    copied = copy.deepcopy(network, shared)
    # What holds others comes before them: a block takes its convolutions as they are.
    for module in list(copied.modules()):
        for name, child in module.named_children():
            if (quick := _quick(child)) is not None:
                setattr(module, name, quick(child))
    return copied


def _quick(module: nn.Module) -> Callable[[Any], nn.Module] | None:
    """What makes a part of a network quick."""
    if is_wide(module):
        return QuickConvolution
    if isinstance(module, Shortcut):
        return QuickShortcut
    if quick_blocks.worth_while(module):
        return QuickBlock
    return QuickModulated if modulated_blocks.worth_while(module) else None


class QuickConvolution(nn.Module):
    """A 3 x 3 convolution, by whichever way is the quickest for the map that comes.

    Args:
        convolution: a plain one; should its weights change, what was made of them is made again.

    Shape:
        (B, inputs, F, N) -> (B, outputs, F, N)
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.plain = convolution
        self._strips = Remade(lambda: WinogradStrips(convolution))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        batch, _, height, width = x.shape
        if self.plain.in_channels * self.plain.out_channels <= MOST_PAIRS:
            if enough_tiles(x):
                result: Tensor = self._strips.of(self.plain.weight)(x)
                return result
        elif batch * height * width <= MOST_POSITIONS:
            return self._product(x)
        same: Tensor = self.plain(x)
        return same

    def _product(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        around = functional.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        patches = around.unfold(1, 3, 1).unfold(2, 3, 1).permute(0, 1, 2, 4, 5, 3)  # (B, F, N, 3, 3, inputs)
        weight = self.plain.weight.permute(0, 2, 3, 1)  # as it lies in memory with the channels last
        y = patches.reshape(batch * height * width, -1) @ weight.reshape(len(weight), -1).T
        return y.view(batch, height, width, -1).permute(0, 3, 1, 2)


class QuickShortcut(nn.Module):
    """A shortcut whose product is added up where it is taken: no map of its own, and no pass over both.

    Shape:
        x (B, inputs, F, N), y (B, outputs, F, N), which is overwritten -> (B, outputs, F, N)
    """

    def __init__(self, shortcut: Shortcut) -> None:
        super().__init__()
        self.plain = shortcut

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """See the class."""
        bias, weight = self.plain.bias, self.plain.weight.flatten(1)
        if bias is None or not y.is_contiguous(memory_format=torch.channels_last):
            same: Tensor = self.plain(x, y)
            return same
        sums, taken = (each.permute(0, 2, 3, 1).flatten(0, 2) for each in (y, x))  # as they lie in memory
        sums.addmm_(taken, weight.T).add_(bias)
        return y


def is_wide(module: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether it is a convolution that is worth it."""
    if not isinstance(module, nn.Conv2d):
        return False
    fewest = FEWEST.get(torch.backends.cpu.get_cpu_capability(), FEWEST_ELSEWHERE)
    return min(module.in_channels, module.out_channels) >= fewest and is_plain(module)

"""Batches that several processes make together: all know all of it, and each learns from its part.

Anchors are mixed with those of other processes too, and what is drawn at random is drawn for all of them at once, so
that two processes learn from the mixtures that one with the joint batch would make.
"""

from __future__ import annotations

import torch
from torch import Tensor


def joint(value: Tensor, world: int) -> Tensor:
    """What all processes have, in the order of their ranks; no gradient passes.

    Shape:
        (B, ...), the same in all of `world` processes -> (world * B, ...)
    """
    if world == 1:
        return value
    parts = [torch.empty_like(value, memory_format=torch.contiguous_format) for _ in range(world)]
    torch.distributed.all_gather(parts, value.detach().contiguous())
    return torch.cat(parts)


def own_part(number: int, rank: int, world: int) -> tuple[slice, float]:
    """Which of `number` rows a process takes, and the weight of their mean.

    Processes average their gradients, whatever the number of their rows; with these weights that is the gradient of the
    mean over all rows. A process for which there is none takes the first with a weight of zero, since all have to take
    the step.
    """
    first, last = (number * edge // world for edge in (rank, rank + 1))
    if first == last:
        return slice(0, 1), 0.0
    return slice(first, last), (last - first) * world / number

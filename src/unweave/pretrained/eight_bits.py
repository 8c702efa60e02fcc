"""Weights in 8 bits in a model's file: integers, and one factor for each output channel beside them.

They become floating-point numbers when they are read; nothing computes in 8 bits for it (that is `unweave.quantising`).
A pretrained network that was published in 8 bits comes back exactly as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from unweave.errors import ModelFileError

SCALE = ".scale"  # after the name of what it belongs to
MOST = 127


def packed(name: str, weight: Tensor) -> dict[str, Tensor]:
    """A weight (out, ...) as the two tensors that are stored, to within half a step of its channel's largest number."""
    rows = weight.detach().float().flatten(1)
    scale = rows.abs().amax(1).clamp(min=torch.finfo(torch.float32).tiny) / MOST
    whole = (rows / scale[:, None]).round().clamp(-MOST, MOST).to(torch.int8)
    return {name: whole.view(weight.shape), name + SCALE: scale}


def unpacked(state: dict[str, Tensor], where: str) -> dict[str, Tensor]:
    """What a file holds, with the weights in 8 bits as floating-point numbers.

    Args:
        state: the tensors by name.
        where: the file, for messages.

    Raises:
        ModelFileError: factors that do not belong to their weights.
    """
    names = scaled(state)
    found = {name: tensor for name, tensor in state.items() if name.removesuffix(SCALE) not in names or name in names}
    for name in names:
        whole, scale = state[name], state[name + SCALE]
        if whole.dtype != torch.int8 or not whole.ndim or scale.shape != whole.shape[:1] or scale.is_complex():
            raise ModelFileError(f"{where}: {name} and its factors do not belong together.")
        found[name] = whole.float() * scale.float().view(-1, *[1] * (whole.ndim - 1))
    return found


def scaled(names: Iterable[str]) -> set[str]:
    """Those of the names that come with factors."""
    there = set(names)
    return {name for name in there if name + SCALE in there}

"""A moving average of the weights, which separates better than the weights that the last steps happened to leave."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of a net's parameters and buffers.

    It warms up: after n updates the decay is at most (1 + n) / (10 + n), so that the random start is soon forgotten.
    Buffers of whole numbers are copied.

    Args:
        net: whose weights are averaged; it is copied, but for parameters that do not learn, which are shared.
        decay: of the average, 0 (the last weights) to 1 (exclusive).
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        frozen = {id(value): value for value in net.parameters() if not value.requires_grad}
        self.net, self.decay, self.count = copy.deepcopy(net, frozen).eval().requires_grad_(False), decay, 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Take in the weights of a net of the same shape, after a step."""
        decay = min(self.decay, (1 + self.count) / (10 + self.count)) if self.count else 0.0
        mine, new = self._tensors(self.net), self._tensors(net)
        moving: tuple[list[Tensor], list[Tensor]] = ([], [])
        for old, value in zip(mine, new, strict=True):
            if old is value:
                continue
            if old.is_floating_point() and decay > 0:
                moving[0].append(old)
                moving[1].append(value)
            else:
                old.copy_(value)
        if moving[0]:
            torch._foreach_lerp_(*moving, 1 - decay)
        self.count += 1

    @staticmethod
    def _tensors(net: nn.Module) -> list[Tensor]:
        return [*net.parameters(), *net.buffers()]

    def state_dict(self) -> dict[str, Any]:
        """Weights and how many were taken in."""
        return {"net": self.net.state_dict(), "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.net.load_state_dict(state["net"])
        self.count = int(state["count"])

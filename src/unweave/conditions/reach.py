"""Which weights a vector depends on: those that can learn from it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def reached(output: Tensor) -> set[int]:
    """The ids of the weights that a gradient of `output` would reach, found by walking back through its graph."""
    found: set[int] = set()
    seen: set[Any] = set()
    ahead: list[Any] = [output.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):  # the end of a path, where a weight's gradient is added up
            found.add(id(node.variable))
        ahead += [before for before, _ in node.next_functions]
    return found


def freeze_unreached(module: nn.Module, output: Tensor) -> None:
    """Freeze the weights of `module` that `output` does not depend on.

    An optimiser would hold them for nothing, and data-parallel training would wait for their gradients for ever.
    Frozen weights stay frozen.
    """
    ids = reached(output)
    for weight in module.parameters():
        weight.requires_grad_(weight.requires_grad and id(weight) in ids)

"""Optimisers by name: the paper's Adam, the published code's AMSGrad, and Muon, which learns fastest here.

Muon (Jordan et al., 2024) turns the momentum of each weight matrix into the nearest orthogonal one, so that all
directions of a layer learn at the same pace; everything that is no matrix is left to AdamW. A convolution's kernel is
the matrix (out, in * height * width), which `torch.optim.Muon` does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError

QUINTIC = (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz iteration; steepest at zero (Jordan et al.)


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """About U V^T of each matrix = U S V^T, by a Newton-Schulz iteration; (..., R, C) -> (..., R, C)."""
    a, b, c = QUINTIC
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = (matrix.mT if tall else matrix).to(torch.bfloat16)
    x = x / torch.linalg.matrix_norm(x.float(), keepdim=True).clamp(min=1e-7).to(x.dtype)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = (x.mT if tall else x).to(matrix.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for the matrices among `parameters`, AdamW for the rest.

    A matrix' step is scaled to the size that Adam's steps have (Liu et al., 2025), so that one learning rate serves.

    Args:
        parameters: of the net; kernels of convolutions count as matrices, single rows and columns do not.
        lr: learning rate.
        weight_decay: decoupled, for all.
        matrix_rate: learning rate of the matrices relative to `lr`.
        momentum: of the matrices.
        betas: of AdamW.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        matrix_rate: float = 2.0,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        every = list(parameters)
        matrices = [p for p in every if p.ndim >= 2 and min(p.shape[0], p.numel() // p.shape[0]) > 1]
        others = [p for p in every if not any(p is matrix for matrix in matrices)]
        groups = [
            {"params": matrices, "matrices": True, "rate": matrix_rate},
            {"params": others, "matrices": False, "rate": 1.0},
        ]
        groups = [group for group in groups if group["params"]]
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step; parameters without a gradient stay as they are."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            for parameter in parameters:
                parameter.mul_(1 - group["lr"] * group["rate"] * group["weight_decay"])
            if group["matrices"]:
                self._matrices(parameters, group)
            else:
                for parameter in parameters:
                    self._adam(parameter, self.state[parameter], group)
        return loss

    def _matrices(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        # Matrices of one shape together: on a CPU most of the time goes into calling small products one by one.
        by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
        for parameter in parameters:
            gradient, state = parameter.grad, self.state[parameter]
            assert gradient is not None
            if not state:
                state["momentum"] = torch.zeros_like(parameter)
            state["momentum"].lerp_(gradient, 1 - group["momentum"])
            ahead = gradient.lerp(state["momentum"], group["momentum"])  # Nesterov
            rows = ahead.reshape(ahead.shape[0], -1)
            by_shape.setdefault(rows.shape, []).append((parameter, rows))
        for shape, alike in by_shape.items():
            size = group["lr"] * group["rate"] * 0.2 * max(shape) ** 0.5
            steps = orthogonalised(torch.stack([rows for _, rows in alike]))
            for (parameter, _), step in zip(alike, steps, strict=True):
                parameter.add_(step.reshape(parameter.shape), alpha=-size)

    @staticmethod
    def _adam(parameter: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        gradient = parameter.grad
        assert gradient is not None
        if not state:
            state["step"], state["mean"], state["square"] = 0, torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        first, second = group["betas"]
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(gradient.square(), 1 - second)
        deviation = (state["square"] / (1 - second ** state["step"])).sqrt_().add_(1e-8)
        parameter.addcdiv_(state["mean"], deviation, value=-group["lr"] * group["rate"] / (1 - first ** state["step"]))


Optimisers = dict[str, Callable[..., torch.optim.Optimizer]]

OPTIMISERS: Optimisers = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamw-amsgrad": lambda parameters, **how: torch.optim.AdamW(parameters, amsgrad=True, **how),
    "muon": Muon,
}


def build_optimiser(
    name: str, parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """The optimiser `name` over all of `parameters` that want a gradient.

    Raises:
        UnweaveError: there is none of that name.
    """
    if name not in OPTIMISERS:
        raise UnweaveError(f"There is no optimiser {name!r}; take one of {', '.join(OPTIMISERS)}.")
    wanted = [parameter for parameter in parameters if parameter.requires_grad]
    return OPTIMISERS[name](wanted, lr=learning_rate, weight_decay=weight_decay)

"""Optimisers by name: the paper's Adam, the published code's AMSGrad, and Muon, which learns fastest here.

Muon (Jordan et al., 2024) turns the momentum of each weight matrix into the nearest orthogonal one, so that all
directions of a layer learn at the same pace; everything that is no matrix is left to AdamW. A convolution's kernel is
the matrix (out, in * height * width), which `torch.optim.Muon` does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.training.halves import bfloat16_is_quicker

QUINTIC = (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz iteration; steepest at zero (Jordan et al.)


def orthogonalised(matrix: Tensor, compute: torch.dtype = torch.bfloat16, steps: int = 5) -> Tensor:
    """About U V^T of each matrix = U S V^T, by a Newton-Schulz iteration in `compute`; (..., R, C) -> (..., R, C)."""
    a, b, c = QUINTIC
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = (matrix.mT if tall else matrix).to(compute)
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
        compute: what matrices are orthogonalised in; None for bfloat16 where the device is quicker in it than in
            float32 (`unweave.training.halves`). It is kept with the optimiser's state.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        matrix_rate: float = 2.0,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        compute: torch.dtype | None = None,
    ) -> None:
        every = list(parameters)
        matrices = [p for p in every if p.ndim >= 2 and min(p.shape[0], p.numel() // p.shape[0]) > 1]
        others = [p for p in every if not any(p is matrix for matrix in matrices)]
        groups = [
            {"params": matrices, "matrices": True, "rate": matrix_rate},
            {"params": others, "matrices": False, "rate": 1.0},
        ]
        groups = [group for group in groups if group["params"]]
        if compute is None:
            quick = not every or bfloat16_is_quicker(every[0].device)
            compute = torch.bfloat16 if quick else torch.float32
        half = compute == torch.bfloat16
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "betas": betas, "half": half}
        super().__init__(groups, defaults)

    @property
    def compute(self) -> torch.dtype:
        """What matrices are orthogonalised in."""
        return torch.bfloat16 if self.param_groups[0].get("half", True) else torch.float32

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step; parameters without a gradient stay as they are."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not parameters:
                continue
            torch._foreach_mul_(parameters, 1 - group["lr"] * group["rate"] * group["weight_decay"])
            (self._matrices if group["matrices"] else self._adam)(parameters, group)
        return loss

    def _matrices(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [cast(Tensor, parameter.grad) for parameter in parameters]
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        momentum = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_lerp_(momentum, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, momentum, group["momentum"])  # Nesterov
        # Matrices of one shape together: most of the time would go into calling small products one by one.
        by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
        for parameter, step in zip(parameters, ahead, strict=True):
            rows = step.reshape(step.shape[0], -1)
            by_shape.setdefault(rows.shape, []).append((parameter, rows))
        for shape, alike in by_shape.items():
            size = group["lr"] * group["rate"] * 0.2 * max(shape) ** 0.5
            steps = orthogonalised(torch.stack([rows for _, rows in alike]), self.compute)
            moves = [step.reshape(parameter.shape) for (parameter, _), step in zip(alike, steps, strict=True)]
            torch._foreach_add_([parameter for parameter, _ in alike], moves, alpha=-size)

    def _adam(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [cast(Tensor, parameter.grad) for parameter in parameters]
        for parameter in parameters:
            if not self.state[parameter]:
                nothing = torch.zeros_like(parameter)
                self.state[parameter] |= {"step": 0, "mean": nothing, "square": nothing.clone()}
            self.state[parameter]["step"] += 1
        mean, square = ([self.state[parameter][name] for parameter in parameters] for name in ("mean", "square"))
        first, second = group["betas"]
        counts = [self.state[parameter]["step"] for parameter in parameters]
        torch._foreach_lerp_(mean, gradients, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, gradients, gradients, 1 - second)
        deviation = torch._foreach_div(square, [1 - second**count for count in counts])
        torch._foreach_sqrt_(deviation)
        torch._foreach_add_(deviation, 1e-8)
        rate = group["lr"] * group["rate"]
        torch._foreach_addcdiv_(parameters, mean, deviation, [-rate / (1 - first**count) for count in counts])


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

"""Batch normalisation over the batches of all processes, so that many small batches are one large one.

torch's own `SyncBatchNorm` takes CUDA tensors alone; the one here takes any, and serves the processes of a CPU run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class _Total(torch.autograd.Function):
    """The sum of a tensor over all processes. Each gets the sum of all gradients back, as each used the sum."""

    @staticmethod
    def forward(context: Any, value: Tensor) -> Tensor:
        total = value.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        torch.distributed.all_reduce(total)
        return total


class SynchronisedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation (B, C, ...) whose statistics are those of all processes' batches together."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, ...) -> the same; all processes must come here together when it trains."""
        if not self.training and self.running_mean is not None:
            return functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        x = input.float()
        over = [0, *range(2, x.ndim)]
        shape = [1, -1] + [1] * (x.ndim - 2)
        count = torch.tensor([float(x.numel() // x.shape[1])], device=x.device)
        first: Tensor = _Total.apply(torch.cat([x.sum(over), count]))  # type: ignore[no-untyped-call]
        number = first[-1].detach()
        mean = first[:-1] / number
        centred = x - mean.view(shape)
        # A second pass: the difference of two sums of squares would lose the variance of channels with a large mean.
        squares: Tensor = _Total.apply(centred.square().sum(over))  # type: ignore[no-untyped-call]
        variance = squares / number
        if self.training:
            self._track(mean.detach(), variance.detach() * number / (number - 1).clamp(min=1))
        y = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            y = y * self.weight.view(shape) + self.bias.view(shape)
        return y.to(input.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)


@contextmanager
def synchronised(net: nn.Module, device: torch.device, world: int) -> Iterator[None]:
    """While entered, every batch normalisation of `net` is over all processes; nothing is changed for one process.

    The modules stay the objects that they are, with the same parameters, buffers and names of both; they only take
    another class for the time.
    """
    changed = [(module, type(module)) for module in net.modules() if type(module) in NORMS] if world > 1 else []
    for module, _ in changed:
        if device.type == "cuda":
            module.__class__ = nn.SyncBatchNorm
            module.__dict__["process_group"] = None  # all processes
        else:
            module.__class__ = SynchronisedBatchNorm
    try:
        yield
    finally:
        for module, kind in changed:
            module.__class__ = kind
            module.__dict__.pop("process_group", None)

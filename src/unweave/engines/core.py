"""A core of a separator as a network of its own: traced, named by its weights, or in 8 bits."""

from __future__ import annotations

import copy
import hashlib
import platform
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.engines.winograd import use_winograd
from unweave.separators.base import Separator

FORMAT = 1  # of what engines build; raised whenever they build it in another way


class Core(nn.Module):
    """A method of a separator as a network.

    Args:
        separator: whose core.
        name: of the method, one of `Separator.cores`.
        quantised: file in which OpenVINO finds the same network in 8 bits, or None for float32.
    """

    def __init__(self, separator: Separator, name: str, quantised: Path | None = None) -> None:
        super().__init__()
        self.separator = separator
        self.name = name
        self.quantised = quantised

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Call the method itself, whatever stands in its place."""
        result: tuple[Tensor, ...] = getattr(type(self.separator), self.name)(self.separator, *tensors)
        return result

    def traced(self, examples: Sequence[Tensor], winograd: bool = False) -> torch.jit.ScriptModule:
        """The operations of one row, for an engine to translate.

        Args:
            examples: one row of each tensor; the shapes become part of it.
            winograd: whether large convolutions are written with fewer multiplications.
        """
        core = Core(self.separator, self.name)
        if winograd:
            core = copy.deepcopy(core)
            use_winograd(core)
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            # That shapes become part of the trace is what is wanted here; what torch says of its own future is not.
            warnings.simplefilter("ignore")
            rows = tuple(tensor.clone() for tensor in examples)  # what inference mode made cannot be traced itself
            traced = torch.jit.trace(core.eval(), rows, check_trace=False)  # type: ignore[no-untyped-call]
            frozen: torch.jit.ScriptModule = torch.jit.freeze(traced)
        return frozen

    def fingerprint(self, *more: Any) -> str:
        """A name that changes with the network, its weights, the kind of machine, and whatever else is given."""
        digest = hashlib.sha256(repr((FORMAT, self.name, more, self.separator, _machine())).encode())
        if self.quantised is not None:
            digest.update(self.quantised.with_suffix(".bin").read_bytes())
            return digest.hexdigest()[:32]
        for name, tensor in self.separator.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return digest.hexdigest()[:32]


def _machine() -> tuple[str, ...]:
    """What a compiled network depends on; it is laid out for a number of threads, and slower on another."""
    capability: str = torch.backends.cpu.get_cpu_capability()
    return platform.system(), platform.machine(), capability, str(torch.get_num_threads())

"""A trunk of a separator or a tagger as a network of its own: traced, translated, named by its weights."""

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

from unweave.engines.quick import Quick
from unweave.engines.winograd import use_winograd
from unweave.untold import untold

FORMAT = 3  # of what engines build; raised whenever they build it in another way


class Trunk(nn.Module):
    """A method of a separator or a tagger as a network.

    Args:
        owner: whose trunk.
        name: of the method, one of its `trunks`.
        quantised: file in which OpenVINO finds the same network in 8 bits, or None for float32.

    Attributes:
        quick: what answers as it does, by PyTorch alone, for rows in float32 and without gradients.
    """

    def __init__(self, owner: nn.Module, name: str, quantised: Path | None = None) -> None:
        super().__init__()
        self.owner = owner
        self.name = name
        self.quantised = quantised
        self.quick = Quick(owner, name)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Call the method itself, whatever stands in its place."""
        result: tuple[Tensor, ...] = getattr(type(self.owner), self.name)(self.owner, *tensors)
        return result

    def traced(self, examples: Sequence[Tensor], winograd: int = 0, frozen: bool = False) -> torch.jit.ScriptModule:
        """The operations of one row, for an engine to translate.

        Args:
            examples: one row of each tensor; the shapes become part of it.
            winograd: up to how many channels large convolutions are written with fewer multiplications.
            frozen: weights become constants, and what depends on them alone is computed. Torch keeps the constants of
                every network that it has frozen until the process ends.
        """
        trunk = Trunk(self.owner, self.name)
        if winograd:
            trunk = copy.deepcopy(trunk)
            use_winograd(trunk, winograd)
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            # That shapes become part of the trace is what is wanted here; what torch says of its own future is not.
            warnings.simplefilter("ignore")
            rows = tuple(tensor.clone() for tensor in examples)  # what inference mode made cannot be traced itself
            traced = torch.jit.trace(trunk.eval(), rows, check_trace=False)  # type: ignore[no-untyped-call]
            network: torch.jit.ScriptModule = torch.jit.freeze(traced) if frozen else traced
        return network

    def fingerprint(self, *more: Any) -> str:
        """A name that changes with the network, its weights, the kind of machine, and whatever else is given."""
        capability: str = torch.backends.cpu.get_cpu_capability()
        kind = platform.system(), platform.machine(), capability
        digest = hashlib.sha256(repr((FORMAT, self.name, more, self.owner, kind)).encode())
        if self.quantised is not None:
            digest.update(self.quantised.read_bytes())
            digest.update(self.quantised.with_suffix(".bin").read_bytes())
            return digest.hexdigest()[:32]
        for name, tensor in self.owner.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return digest.hexdigest()[:32]


def translated(traced: torch.jit.ScriptModule, examples: Sequence[Tensor]) -> Any:
    """A traced network as a model of OpenVINO (`openvino.Model`) for rows of these shapes.

    The translator is asked directly: `openvino.convert_model` does much that is not needed here.
    """
    openvino: Any = untold("openvino")
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    front = FrontEndManager().load_by_framework("pytorch")
    # The decoder must live until all is translated.
    decoder = TorchScriptPythonDecoder(traced, example_input=tuple(examples), skip_freeze=True)
    network = front.convert(front.load(decoder))
    for parameter, example in zip(network.get_parameters(), examples, strict=True):
        parameter.set_element_type(openvino.Type.f32)
        parameter.set_partial_shape(openvino.PartialShape(list(example.shape)))
    network.validate_nodes_and_infer_types()
    return network

"""OpenVINO: the fastest on CPUs, and the one that runs networks in 8 bits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unweave.engines.base import CompilingEngine, Run, engines
from unweave.engines.core import Core


@engines.register("openvino")
class OpenVino(CompilingEngine):
    """Fuses what lies between convolutions; large convolutions are written with fewer multiplications first."""

    title = "openvino"
    modules = ("openvino",)
    command = "pip install 'unweave[openvino]'"
    eight_bits = True

    def build(self, core: Core, examples: Sequence[Tensor]) -> bytes:
        """See `CompilingEngine.build`."""
        import openvino

        if core.quantised is not None:
            network = openvino.Core().read_model(core.quantised)
        else:
            network = translated(core.traced(examples, winograd=True), examples)
        compiled = openvino.Core().compile_model(network, "CPU", _settings())
        data: bytes = compiled.export_model().getvalue()
        return data

    def load(self, data: bytes) -> Run:
        """See `CompilingEngine.load`."""
        import openvino

        return _Network(openvino.Core().import_model(data, "CPU", _settings()))


class _Network:
    """A compiled network; threads take turns."""

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        self._outputs = range(len(compiled.outputs))
        self._turn = threading.Lock()

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        arrays = [tensor.contiguous().numpy() for tensor in tensors]
        with self._turn:
            results = self._request.infer(arrays, share_inputs=True)
            return tuple(torch.from_numpy(results[number]) for number in self._outputs)


def translated(traced: torch.jit.ScriptModule, examples: Sequence[Tensor]) -> Any:
    """A traced network as a model of OpenVINO (`openvino.Model`) for rows of these shapes.

    The translator is asked directly: `openvino.convert_model` would tell its makers of its use over the network.
    """
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    front = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced, example_input=tuple(examples))  # must live until all is translated
    network = front.convert(front.load(decoder))
    for parameter, example in zip(network.get_parameters(), examples, strict=True):
        parameter.set_element_type(openvino.Type.f32)
        parameter.set_partial_shape(openvino.PartialShape(list(example.shape)))
    network.validate_nodes_and_infer_types()
    return network


def _settings() -> dict[str, Any]:
    # Without the hint it would compute in 16 bits where the processor can.
    return {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": torch.get_num_threads()}

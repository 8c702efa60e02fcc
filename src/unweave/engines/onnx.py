"""ONNX Runtime, for machines without OpenVINO."""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from unweave.engines.base import CompilingEngine, Run, engines
from unweave.engines.core import Core


@engines.register("onnx")
class OnnxRuntime(CompilingEngine):
    """Networks in ONNX, run by ONNX Runtime on the CPU; large convolutions are written with fewer multiplications."""

    title = "onnx"
    modules = ("onnx", "onnxruntime")
    command = "pip install 'unweave[onnx]'"

    def build(self, core: Core, examples: Sequence[Tensor]) -> bytes:
        """See `CompilingEngine.build`."""
        traced = core.traced(examples, winograd=True)
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode(False), warnings.catch_warnings():
            # The exporter of traced networks is the older of torch's two, and says so; it needs no further library.
            warnings.simplefilter("ignore")
            rows = tuple(tensor.clone() for tensor in examples)
            file = Path(folder) / "core.onnx"
            torch.onnx.export(traced, rows, file, opset_version=17, dynamo=False)
            return file.read_bytes()

    def load(self, data: bytes) -> Run:
        """See `CompilingEngine.load`."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors only
        return _Network(onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]))


class _Network:
    """A loaded network; threads take turns."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._names = [each.name for each in session.get_inputs()]
        self._turn = threading.Lock()

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        arrays = {name: tensor.contiguous().numpy() for name, tensor in zip(self._names, tensors, strict=True)}
        with self._turn:
            return tuple(torch.from_numpy(result) for result in self._session.run(None, arrays))

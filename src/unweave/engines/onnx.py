"""ONNX Runtime, for machines without OpenVINO."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from unweave.allocator import release_memory
from unweave.engines.base import CompilingEngine, Run, engines
from unweave.engines.rows import Array, Rows
from unweave.engines.trunk import Trunk
from unweave.untold import untold


@engines.register("onnx")
class OnnxRuntime(CompilingEngine):
    """Networks in ONNX, run by ONNX Runtime on the CPU."""

    title = "onnx"
    modules = ("onnx", "onnxruntime")
    command = "pip install 'unweave[onnx]'"

    def build(self, trunk: Trunk, examples: Sequence[Tensor]) -> bytes:
        """See `CompilingEngine.build`."""
        traced = trunk.traced(examples, frozen=True)
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode(False), warnings.catch_warnings():
            # The exporter of traced networks is the older of torch's two, and says so; it needs no further library.
            warnings.simplefilter("ignore")
            rows = tuple(tensor.clone() for tensor in examples)
            file = Path(folder) / "trunk.onnx"
            torch.onnx.export(traced, rows, file, opset_version=17, dynamo=False)
            del traced
            release_memory()  # several copies of all weights
            return file.read_bytes()

    def load(self, data: bytes) -> Run:
        """See `CompilingEngine.load`."""
        onnxruntime: Any = untold("onnxruntime")

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, self.threads // self.streams)  # of each row
        options.log_severity_level = 3  # errors only
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        names = [each.name for each in session.get_inputs()]

        def run(row: list[Array]) -> list[Array]:
            results: list[Array] = session.run(None, dict(zip(names, row, strict=True)))
            return results

        return Rows(run, self.streams)

"""OpenVINO: the fastest on CPUs, and the one that runs networks in 8 bits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unweave.allocator import release_memory
from unweave.engines.base import CompilingEngine, Run, engines
from unweave.engines.eight_bits import fits
from unweave.engines.rows import Array, Rows
from unweave.engines.signal_stack import kept_signal_stack
from unweave.engines.trunk import Trunk, translated
from unweave.untold import untold

_FIRST = threading.Lock()
WIDEST = 1024  # channels of convolutions that are rewritten: their weights take four times the memory


@engines.register("openvino")
class OpenVino(CompilingEngine):
    """Fuses what lies between convolutions; large convolutions are written with fewer multiplications first."""

    title = "openvino"
    modules = ("openvino",)
    command = "pip install 'unweave[openvino]'"
    eight_bits = True
    half = True

    def build(self, trunk: Trunk, examples: Sequence[Tensor]) -> bytes:
        """See `CompilingEngine.build`."""
        openvino: Any = untold("openvino")

        with kept_signal_stack():
            compiled = openvino.Core().compile_model(self._network(trunk, examples), "CPU", self._settings())
            release_memory()  # in which it was translated and compiled
            data: bytes = compiled.export_model().getvalue()
        del compiled
        release_memory()
        return data

    def load(self, data: bytes) -> Run:
        """See `CompilingEngine.load`."""
        openvino: Any = untold("openvino")

        with kept_signal_stack():
            _meet_numpy()
            network = _Compiled(openvino.Core().import_model(data, "CPU", self._settings()), self.streams)
        return Rows(network, self.streams)

    def _network(self, trunk: Trunk, examples: Sequence[Tensor]) -> Any:
        """What is compiled, an `openvino.Model`."""
        openvino: Any = untold("openvino")

        if trunk.quantised is not None:
            network = openvino.Core().read_model(trunk.quantised)
            if fits(network, examples):  # segments of another length are separated in float32
                return network
        # Processors multiply numbers of 16 bits so fast that fewer multiplications save nothing.
        traced = trunk.traced(examples, winograd=WIDEST if self.precision == torch.float32 else 0)
        release_memory()  # several copies of all weights
        return translated(traced, examples)

    def _settings(self) -> dict[str, Any]:
        half = self.precision == torch.bfloat16
        return {
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",  # by itself it chooses 16 bits where there are any
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self.streams,
            "ENABLE_CPU_PINNING": False,  # several processes would be pinned to the same cores, and others left idle
        }


def _meet_numpy() -> None:
    """Hand an array over and back, in one thread.

    The first array that OpenVINO's Python part ever meets makes it look for numpy's functions. Two threads that come
    with one each at that moment wait for each other for good: one holds the interpreter's lock, the other what it asks
    for.
    """
    openvino: Any = untold("openvino")

    with _FIRST:
        np.array(openvino.Tensor(np.zeros(1, np.float32), shared_memory=True).data)


class _Compiled:
    """A compiled network: one row at a time for each of its streams."""

    def __init__(self, compiled: Any, streams: int) -> None:
        self._outputs = range(len(compiled.outputs))
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(streams):
            self._free.put(compiled.create_infer_request())

    def __call__(self, row: list[Array]) -> list[Array]:
        request = self._free.get()
        try:
            results = request.infer(row, share_inputs=True)
            return [results[number] for number in self._outputs]
        finally:
            self._free.put(request)

"""Weights of a graph in 16 bits wherever that changes no number, so that half as much is fetched."""

from __future__ import annotations

from typing import Any

import numpy as np

SMALLEST = 256  # numbers of a tensor from which it is worth an operation


def halve(network: Any) -> None:
    """Store weights that 16 bits hold exactly so, in place; runtimes widen them once, when they load.

    Args:
        network: an `onnx.ModelProto`.
    """
    from onnx import TensorProto, helper, numpy_helper

    widened = []
    for tensor in network.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            halves = values.astype(np.float16)
        if values.size < SMALLEST or not np.array_equal(halves.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(halves, f"{name}.half"))
        widened.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*widened, *network.graph.node]  # a graph's operations come in the order of their work
    del network.graph.node[:]
    network.graph.node.extend(nodes)

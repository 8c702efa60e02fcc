"""Weights of a graph in 8 or 16 bits wherever that changes no number, so that less is fetched.

A model's file holds them so (`unweave.pretrained.saving`), and numbers that were rounded once lose nothing when they
are written as what they were rounded to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.pretrained.eight_bits import MOST

SMALLEST = 256  # numbers of a tensor from which it is worth an operation
ROUNDING = 1e-6  # relative; a factor that is found again may be off by its last bit


def shorten(network: Any) -> None:
    """Store weights that fewer bits hold so, in place; runtimes widen them once, when they load.

    Args:
        network: an `onnx.ModelProto`.
    """
    from onnx import TensorProto, helper, numpy_helper

    widened: list[Any] = []
    factors: list[Any] = []
    for tensor in network.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values, name = numpy_helper.to_array(tensor), tensor.name
        if values.size < SMALLEST:
            continue
        with np.errstate(over="ignore"):
            halves = values.astype(np.float16)
        if (found := eight_bits_of(values)) is not None:
            whole, factor = found
            tensor.CopyFrom(numpy_helper.from_array(whole, f"{name}.eighth"))
            factors.append(numpy_helper.from_array(factor, f"{name}.factor"))
            widened.append(helper.make_node("Cast", [f"{name}.eighth"], [f"{name}.whole"], to=TensorProto.FLOAT))
            widened.append(helper.make_node("Mul", [f"{name}.whole", f"{name}.factor"], [name]))
        elif np.array_equal(halves.astype(np.float32), values):
            tensor.CopyFrom(numpy_helper.from_array(halves, f"{name}.half"))
            widened.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    network.graph.initializer.extend(factors)
    nodes = [*widened, *network.graph.node]  # a graph's operations come in the order of their work
    del network.graph.node[:]
    network.graph.node.extend(nodes)


def eight_bits_of(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """Weights as integers and the factors of their channels, along the first or the last axis; None if they are not."""
    if values.ndim < 2:
        return None
    for axis in (0, values.ndim - 1):
        others = tuple(other for other in range(values.ndim) if other != axis)
        factor = np.abs(values).max(axis=others, keepdims=True) / np.float32(MOST)
        factor = np.maximum(factor, np.finfo(np.float32).tiny)
        with np.errstate(invalid="ignore", over="ignore"):
            whole = np.round(values / factor)
        if np.allclose(whole * factor, values, rtol=ROUNDING, atol=0):
            return whole.astype(np.int8), factor.astype(np.float32)
    return None

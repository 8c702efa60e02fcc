"""Sixteen bits where they change nothing, and there alone."""

from __future__ import annotations

import numpy as np
import pytest

from unweave.exporting.halves import halve

onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'unweave[onnx]'")
ReferenceEvaluator = pytest.importorskip("onnx.reference").ReferenceEvaluator


@pytest.mark.parametrize(
    ("values", "halved"),
    [
        (np.arange(400, dtype=np.float32) / 64, True),
        (np.arange(400, dtype=np.float32) / 3, False),  # would be rounded
        (np.full(400, 1e6, np.float32), False),  # would be infinite
        (np.arange(4, dtype=np.float32), False),  # not worth an operation
        (np.arange(400, dtype=np.int64), False),
    ],
)
def test_only_what_stays_the_same_is_halved(values: np.ndarray, halved: bool) -> None:
    kind = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["weights"], ["out"])],
        "one",
        [],
        [onnx.helper.make_tensor_value_info("out", kind, values.shape)],
        [onnx.numpy_helper.from_array(values, "weights")],
    )
    network = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    halve(network)
    onnx.checker.check_model(network)
    assert (network.graph.initializer[0].data_type == onnx.TensorProto.FLOAT16) is halved
    found = ReferenceEvaluator(network).run(None, {})[0]
    assert found.dtype == values.dtype and np.array_equal(found, values)

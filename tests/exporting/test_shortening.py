"""Eight or sixteen bits where they change nothing, and there alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unweave.exporting.shortening import shorten
from unweave.pretrained.eight_bits import packed, unpacked

onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'unweave[onnx]'")
ReferenceEvaluator = pytest.importorskip("onnx.reference").ReferenceEvaluator


def read_again(shape: tuple[int, ...]) -> np.ndarray:
    """Weights of a file that holds them in 8 bits, one channel all zeros, one tiny."""
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    weight[3], weight[5] = 0, 1e-7 * weight[5]
    return unpacked(packed("w", weight), "x")["w"].numpy()


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (np.arange(400, dtype=np.float32) / 64, np.float16),
        (np.arange(400, dtype=np.float32) / 3, np.float32),  # would be rounded
        (np.arange(400, dtype=np.float32).reshape(20, 20) / 3, np.float32),
        (np.full(400, 1e6, np.float32), np.float32),  # would be infinite
        (np.arange(4, dtype=np.float32), np.float32),  # not worth an operation
        (np.arange(400, dtype=np.int64), np.int64),
        (read_again((20, 4, 3, 3)), np.int8),
        (np.ascontiguousarray(read_again((20, 30)).T), np.int8),  # as a product takes it
    ],
)
def test_only_what_stays_the_same_is_shortened(values: np.ndarray, kept: type) -> None:
    kind = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["weights"], ["out"])],
        "one",
        [],
        [onnx.helper.make_tensor_value_info("out", kind, values.shape)],
        [onnx.numpy_helper.from_array(values, "weights")],
    )
    network = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    shorten(network)
    onnx.checker.check_model(network)
    assert network.graph.initializer[0].data_type == onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kept))
    found = ReferenceEvaluator(network).run(None, {})[0]
    assert found.dtype == values.dtype and np.allclose(found, values, rtol=1e-6 if kept is np.int8 else 0, atol=0)

"""A model -> a folder that runs without torch: three graphs, `light.json`, the card and the licence of the weights."""

from __future__ import annotations

import importlib.util
import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.atomic import check_target, complete_folder
from unweave.errors import UnweaveError
from unweave.exporting.card import card
from unweave.exporting.description import describe
from unweave.exporting.graphs import graphs
from unweave.exporting.shortening import shorten
from unweave.networks import Networks

MARK = "light.json"
OPSET = 17  # the oldest that has all that is needed: what runs graphs knows old ones best
Progress = Callable[[int, int], None]


def export(model: Networks, folder: Path, overwrite: bool = False, progress: Progress | None = None) -> Path:
    """Write a model for the light way (docs/light.md) and for the page in the browser.

    Args:
        model: made of the parts of the one in the box, on the CPU and run by no engine.
        folder: to make.
        overwrite: whether one that holds an exported model may be replaced.
        progress: called with the graphs that are done and those in all.

    Raises:
        UnweaveError: `onnx` is not installed, the model has other parts, or nothing can be written there.
    """
    if importlib.util.find_spec("onnx") is None:
        raise UnweaveError("Exporting needs a library that is not installed: say pip install 'unweave[onnx]'.")
    networks = graphs(model)
    check_target(folder, MARK, overwrite)
    with complete_folder(folder, overwrite, MARK) as part:
        for number, (name, (network, inputs)) in enumerate(networks.items()):
            if progress:
                progress(number, len(networks))
            (part / f"{name}.onnx").write_bytes(graph_of(network, inputs))
        if progress:
            progress(len(networks), len(networks))
        sizes = {name: (part / f"{name}.onnx").stat().st_size for name in networks}
        text = json.dumps(describe(model) | {"bytes": sizes}, ensure_ascii=False, separators=(",", ":"))
        (part / MARK).write_text(text + "\n", encoding="utf-8")
        (part / "README.md").write_text(card(model), encoding="utf-8")
    return folder


def graph_of(network: nn.Module, inputs: Sequence[Tensor]) -> bytes:
    """A network as ONNX for inputs of just these shapes; its inputs are called in0, in1, ..., its outputs out0, ..."""
    import onnx

    with tempfile.TemporaryDirectory() as folder, torch.no_grad(), warnings.catch_warnings():
        # The exporter of traced networks is the older of torch's two, and says so; it needs no further library.
        warnings.simplefilter("ignore")
        file = Path(folder) / "graph.onnx"
        torch.onnx.export(
            network.eval(),
            tuple(tensor.clone() for tensor in inputs),
            file,
            opset_version=OPSET,
            dynamo=False,
            # In evaluation all the same, but norms are not folded into weights, which 16 bits would not hold then.
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=[f"in{number}" for number in range(len(inputs))],
        )
        graph = onnx.load(file)
    _name_outputs(graph)
    shorten(graph)
    return bytes(graph.SerializeToString())


def _name_outputs(network: Any) -> None:
    names = {output.name: f"out{number}" for number, output in enumerate(network.graph.output)}
    for output in network.graph.output:
        output.name = names[output.name]
    for node in network.graph.node:
        for field in (node.input, node.output):
            field[:] = [names.get(name, name) for name in field]

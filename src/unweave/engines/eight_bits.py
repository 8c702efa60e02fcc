"""Networks in 8 bits: weights, and what flows between layers, as integers whose scales sound has set.

Convolutions multiply integers and give floating point again; nothing is learnt anew. That is post-training quantisation
(Jacob et al., arXiv 1712.05877) as NNCF does it for OpenVINO: weights with a scale for each channel, biases corrected.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from unweave.engines.signal_stack import kept_signal_stack
from unweave.engines.trunk import Trunk, translated
from unweave.errors import UnweaveError
from unweave.untold import untold

MODULES, COMMAND = ("openvino", "nncf"), "pip install 'unweave[quantize]'"
KEPT = 1  # layers at either end that stay in float32: they are small, and all that is heard passes through them
# What lies between convolutions stays in float32 too: sums, and norms that conditions shift, carry on what is quiet
# beside what is loud, and to put them into 8 bits costs more time than it saves.
BETWEEN = ("Add", "Multiply", "AvgPool", "Concat")
_LAYERS = {"Convolution", "ConvolutionBackpropData", "GroupConvolution", "MatMul"}


def check_installed() -> None:
    """Refuse to go on without the libraries.

    Raises:
        UnweaveError: what to install.
    """
    if any(importlib.util.find_spec(name) is None for name in MODULES):
        raise UnweaveError(f"Putting a model into 8 bits needs libraries that are not installed: say {COMMAND}.")


def quantised(trunk: Trunk, rows: Sequence[Sequence[Tensor]], last: int = KEPT) -> Any:
    """A trunk in 8 bits, an `openvino.Model` for rows of the shapes that it is given.

    Args:
        trunk: of a network on the CPU, in evaluation mode.
        rows: what it is called with, one row of each tensor (1, ...), all of one shape.
        last: layers at its end that stay in float32; 0 where other layers follow outside of the trunk.
    """
    with kept_signal_stack():
        return _quantised(trunk, rows, last)


def _quantised(trunk: Trunk, rows: Sequence[Sequence[Tensor]], last: int) -> Any:
    nncf: Any = untold("nncf")

    nncf.set_log_level(logging.ERROR)
    network = translated(trunk.traced(rows[0], frozen=True), rows[0])
    layers = [each.get_friendly_name() for each in network.get_ordered_ops() if each.get_type_name() in _LAYERS]
    with contextlib.redirect_stdout(io.StringIO()):  # it draws bars
        return nncf.quantize(
            network,
            nncf.Dataset([[tensor.numpy() for tensor in row] for row in rows]),
            preset=nncf.QuantizationPreset.MIXED,  # leaky rectifiers give more above zero than below
            ignored_scope=nncf.IgnoredScope(
                names=layers[:KEPT] + layers[len(layers) - last :],
                types=list(BETWEEN),
                validate=False,  # not every network has all of them
            ),
            subset_size=len(rows),
        )


def write_network(network: Any, path: Path) -> None:
    """Write an `openvino.Model` as `path` (.xml) and its numbers beside it (.bin)."""
    openvino: Any = untold("openvino")

    openvino.save_model(network, path, compress_to_fp16=False)


def fits(network: Any, rows: Sequence[Tensor]) -> bool:
    """Whether an `openvino.Model` takes rows of these shapes."""
    return [tuple(each.shape) for each in network.inputs] == [tuple(row.shape) for row in rows]

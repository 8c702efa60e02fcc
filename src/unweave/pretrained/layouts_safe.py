"""The weights in a file that somebody else made, without running anything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from unweave.errors import ModelFileError
from unweave.unpickling import open_plain


def open_weights(path: str | Path) -> dict[str, Any]:
    """The dictionary in a `.pth` or `.ckpt` file: tensors, numbers and text only; see `open_plain`.

    Raises:
        ModelFileError: no file, or one that is damaged, no weights, or wants to run code.
    """
    content = open_plain(path)
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} holds a {type(content).__name__}, not the weights of a network.")
    return content


def split_weights(content: dict[str, Any], path: str | Path) -> tuple[dict[str, Tensor], list[str]]:
    """The weights in what a file holds, and the names of all that is no weight (optimiser states, counters, settings).

    Weights lie under `state_dict` (Lightning), under `model` (PANNs), or are the whole.

    Raises:
        ModelFileError: no weights.
    """
    inner = next((content[key] for key in ("state_dict", "model") if isinstance(content.get(key), dict)), content)
    weights = {name: value for name, value in inner.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if not weights:
        raise ModelFileError(f"{path} holds no weights.")
    beside = [str(name) for name in inner if name not in weights]
    if inner is not content:
        beside += [str(name) for name, value in content.items() if value is not inner]
    return weights, beside

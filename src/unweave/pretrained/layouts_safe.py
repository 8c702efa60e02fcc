"""Opening a file of weights that somebody else made, without running anything in it."""

from __future__ import annotations

import contextlib
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unweave.errors import ModelFileError


def open_weights(path: str | Path) -> dict[str, Any]:
    """The dictionary in a `.pth` or `.ckpt` file: tensors, numbers and text only.

    Tensors of newer files stay on disk until they are used, so that optimiser states cost no memory.

    Raises:
        ModelFileError: no file, or one that is damaged, no weights, or wants to run code.
    """
    path = Path(path)
    _reject_obvious(path)
    try:
        # Files of other pickle protocols are read too; the warning would only repeat that they are foreign.
        with warnings.catch_warnings(), _plain_numbers():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # whatever a damaged or hostile file provokes, the user needs one sentence
        raise ModelFileError(_explain(path, error)) from error
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


def _reject_obvious(path: Path) -> None:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a file of published weights.")
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not start:
        raise ModelFileError(f"{path} is empty; download it again.")
    if all(byte >= 32 or byte in b"\t\n\r" for byte in start) and b"\x80" not in start[:1]:
        raise ModelFileError(
            f"{path} is text, not weights; a download often gives a web page in place of the file. Download it again."
        )


def _explain(path: Path, error: Exception) -> str:
    message = str(error)
    wanted = re.search(r"GLOBAL (\S+)", message)
    if wanted or "unrecognized function" in message:
        what = wanted.group(1).rstrip(".,") if wanted else "an operation that plain weights do not need"
        return (
            f"{path} is refused because it could run code: it asks for {what}. "
            "Only files of plain weights are read; ask its author for one."
        )
    return f"{path} is damaged or no file of weights; download it again."


def _plain_numbers() -> contextlib.AbstractContextManager[Any]:
    """Lets through NumPy numbers, which training records hold; they cannot run anything."""
    if torch.__version__ < "2.6":  # cannot yet be told the names that other NumPy versions give to one function
        return contextlib.nullcontext()
    scalar: Any = np.float64(0).__reduce__()[0]
    kinds = [np.dtype(kind) for kind in ("f8", "f4", "i8", "i4", "?")]
    allowed: list[Any] = [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
        np.dtype,
        *{type(kind) for kind in kinds},
    ]
    manager: contextlib.AbstractContextManager[Any] = torch.serialization.safe_globals(allowed)
    return manager

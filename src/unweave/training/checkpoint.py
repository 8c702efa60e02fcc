"""Checkpoints: all that a run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from unweave.errors import UnweaveError


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` beside `path`, then rename, so that a crash leaves the old checkpoint or the new one."""
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    os.replace(part, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; plain data and tensors only, nothing that could run code.

    Raises:
        UnweaveError: the file is not a checkpoint.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UnweaveError(f"{path} is no checkpoint of a training run: {error}.") from error
    return state

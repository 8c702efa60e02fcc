"""Checkpoints: all that a run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError

LAST, BEST = "last.ckpt", "best.ckpt"
KEYS = {"step", "seconds", "best", "net", "average", "optimiser", "precision", "tasks", "random", "settings", "recipe"}


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write `state` beside `path`, then rename, so that a crash at any moment leaves the old one or the new one.

    Raises:
        UnweaveError: it cannot be written; what was there is still there.
    """
    part = path.with_name(f".{path.name}.part")  # always the same, so that crashes leave one of them at most
    try:
        with open(part, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())  # on the disk before its name is, or a power cut could leave the name alone
        os.replace(part, path)
        _sync_folder(path.parent)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError when a write fails
        part.unlink(missing_ok=True)
        reason = (error.strerror if isinstance(error, OSError) else None) or "the disk may be full"
        raise UnweaveError(
            f"The checkpoint {path} cannot be written: {reason}. Make room, then start the run again: it goes on from "
            "the checkpoint before."
        ) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; plain data and tensors only, nothing that could run code.

    Raises:
        UnweaveError: the file is broken or no checkpoint; names the one to take instead.
    """
    try:
        with zipfile.ZipFile(path) as file:  # torch does not look at the checksums when it reads
            damaged = file.testzip()
        if damaged is not None:
            raise ValueError(f"{damaged} in it is damaged")
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        missing = sorted(KEYS - set(state))
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
    except Exception as error:
        reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
        raise UnweaveError(
            f"{path} is broken, or no checkpoint of a training run ({reason}). {_way_out(path)}"
        ) from error
    return state


def _way_out(path: Path) -> str:
    other = path.with_name(BEST if path.name == LAST else LAST)
    if other.is_file():
        return f"To go on from {other.name}, copy {other} over it; to begin anew, delete both."
    return "Delete it to begin anew."


def average_weights(path: Path) -> dict[str, Tensor]:
    """The averaged weights in a checkpoint: what a run keeps.

    Raises:
        UnweaveError: see `load_checkpoint`.
    """
    weights: dict[str, Tensor] = load_checkpoint(path)["average"]["net"]
    return weights


def check_fits(
    path: Path,
    state: Mapping[str, Any],
    net: nn.Module,
    settings: Mapping[str, Any],
    recipe: Mapping[str, Any],
    world: int,
) -> None:
    """Refuse to go on from a checkpoint of another run.

    Args:
        path: of the checkpoint, for the message.
        state: its content.
        net: what is learnt now.
        settings: those that the weights depend on.
        recipe: what else they depend on, plain data.
        world: number of processes.

    Raises:
        UnweaveError: the first thing that differs.
    """
    now = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    then = {name: tuple(value.shape) for name, value in state["net"].items()}
    found = ""
    if len(state["tasks"]) != world:
        found = f"it was made by {len(state['tasks'])} process(es), now there are {world}"
    for what, old, new in (
        ("settings", state["settings"], settings),
        ("recipe", state["recipe"], recipe),
        ("net", then, now),
    ):
        found = found or _difference(what, old, new)
    if found:
        raise UnweaveError(
            f"{path} is of another run: {found}. Set that back to go on, or choose another folder to begin anew."
        )


def _difference(what: str, old: Any, new: Any) -> str:
    """Where two pieces of plain data differ first, in words; "" if nowhere."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            if key not in new or key not in old:
                return f"{what}.{key} is only in the {'checkpoint' if key in old else 'present run'}"
            found = _difference(f"{what}.{key}", old[key], new[key])
            if found:
                return found
        return ""
    return "" if old == new else f"{what} was {old!r} and is {new!r}"

"""One part of what has been trained before: the tagger of a model, of a published file, or alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from unweave.errors import ModelFileError, UnweaveError
from unweave.pretrained.bounded import declared
from unweave.pretrained.describe import WEIGHTS, read_description
from unweave.pretrained.download import fetch
from unweave.pretrained.folder import build_part, compare, fill, read_weights
from unweave.pretrained.layouts import build, read_published
from unweave.pretrained.registry import find_model
from unweave.regular import check_regular

SOURCES = {"tagger": ("tagger", "detector"), "detector": ("detector", "tagger"), "separator": ("separator",)}


def load_part(role: str, source: str | Path) -> tuple[nn.Module, dict[str, Any]]:
    """A pretrained tagger, detector or separator, and how it is built.

    Args:
        role: "tagger", "detector" (a tagger that fills `Tags.frames`; a training checkpoint may hold both) or
            "separator".
        source: a name of `available_models`, a folder of ours or a published file.

    Returns:
        The part, and its `{"name": ..., "arguments": {...}}` as registered.

    Raises:
        UnweaveError: nothing there, or no such part in it.
    """
    path = Path(source)
    if not path.exists():
        if path.suffix or len(path.parts) > 1:
            raise UnweaveError(f"There are no weights at {path}; give a published file, a folder of ours or a name.")
        row = find_model(str(source))
        path = row.path or fetch(row)
    roles = SOURCES[role]
    if path.is_dir():
        return _from_folder(path, roles, role)
    check_regular(path, "file of weights")
    parts = read_published(path).parts
    found = next((parts[name] for name in roles if name in parts), None)
    if found is None:
        raise ModelFileError(f"{path} holds no {role}, but {', '.join(parts)}; give another file.")
    return build(found), {"name": found.name, "arguments": found.arguments}


def _from_folder(folder: Path, roles: tuple[str, ...], wanted: str) -> tuple[nn.Module, dict[str, Any]]:
    parts = read_description(folder)["parts"]
    role = next((name for name in roles if name in parts), None)
    if role is None:
        raise ModelFileError(f"{folder} holds no {wanted}, but {', '.join(parts)}; give another model.")
    spec: dict[str, Any] = {"name": str(parts[role]["name"]), "arguments": dict(parts[role].get("arguments", {}))}
    there = {name: shape for name, shape in declared(folder / WEIGHTS).items() if name.startswith(f"{role}.")}
    part = build_part(role, spec, there, folder)
    compare({f"{role}.{name}": tuple(tensor.shape) for name, tensor in part.state_dict().items()}, there, folder)
    state = read_weights(folder / WEIGHTS)
    own = {name.removeprefix(f"{role}."): tensor for name, tensor in state.items() if name.startswith(f"{role}.")}
    fill(part, own, folder)
    return part, spec

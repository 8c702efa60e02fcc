"""What the `model.json` of a model says, read without loading the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unweave.errors import ModelFileError

SCHEMA = 1
WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
ROLES = ("tagger", "condition", "separator")


def read_description(folder: Path) -> dict[str, Any]:
    """The description of the model in a folder.

    Raises:
        ModelFileError: there is none, or it is not one of ours.
    """
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelFileError(f"{folder} is no model: it has no {DESCRIPTION}.") from None
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}.") from error
    if not isinstance(description, dict) or description.get("schema") != SCHEMA:
        raise ModelFileError(f"{path} is not of a layout that this version knows (schema {SCHEMA}).")
    parts, own = description.get("parts"), description.get("classes", [""])
    if not isinstance(own, list) or not own or not all(isinstance(name, str) for name in own):
        raise ModelFileError(f"{path} must list its own classes by name.")
    eight = description.get("quantised", {})
    if not isinstance(eight, dict) or not all(isinstance(files, dict) for files in eight.values()):
        raise ModelFileError(f"{path} must say which file holds which network in 8 bits.")
    if not isinstance(description.get("settings"), dict) or not isinstance(description.get("about", {}), dict):
        raise ModelFileError(f"{path} lacks the settings or the card of the model.")
    if not isinstance(parts, dict) or not parts or not all(_is_part(role, part) for role, part in parts.items()):
        raise ModelFileError(f"{path} does not say which parts the model has.")
    return description


def quantised_files(folder: Path) -> dict[str, dict[str, Path]]:
    """By part and trunk, the file of its network in 8 bits; empty for a model that was not quantised.

    Raises:
        ModelFileError: one of them is missing.
    """
    found: dict[str, dict[str, Path]] = {}
    for role, files in read_description(folder).get("quantised", {}).items():
        for trunk, name in files.items():
            path = folder / Path(str(name)).name
            if not (path.is_file() and path.with_suffix(".bin").is_file()):
                raise ModelFileError(f"The network in 8 bits {path} is missing; quantise the model again.")
            found.setdefault(role, {})[trunk] = path
    return found


def _is_part(role: str, part: Any) -> bool:
    return role in ROLES and isinstance(part, dict) and "name" in part and isinstance(part.get("arguments", {}), dict)

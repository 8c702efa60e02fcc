"""A model as a folder: `model.safetensors` (weights) and `model.json` (how to build the parts, settings, card)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.atomic import check_target, complete_folder
from unweave.conditions import conditions
from unweave.errors import ModelFileError, UnweaveError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.pretrained.describe import DESCRIPTION, SCHEMA, WEIGHTS, read_description
from unweave.registry import Registry
from unweave.separators import separators
from unweave.settings import ModelSettings
from unweave.taggers import taggers

REGISTRIES: dict[str, Registry[Any]] = {"tagger": taggers, "condition": conditions, "separator": separators}


def save(model: Model, folder: str | Path, dtype: torch.dtype = torch.float32) -> Path:
    """Write a model; a folder that holds a model already is replaced once the new one is complete.

    Args:
        model: one that knows how its parts are built (`Model.spec`).
        folder: to make.
        dtype: of the stored weight matrices, float32 or float16. Buffers, biases and norms always stay as they are:
            they are small, and half precision would harm them most.

    Raises:
        UnweaveError: the model does not know how it was built, or nothing can be written there.
    """
    present = [role for role in REGISTRIES if getattr(model, role) is not None]
    if lacking := [role for role in present if role not in model.spec]:
        raise UnweaveError(f"The model {model.name} cannot be saved: it does not say how its {lacking[0]} is built.")
    parts = {role: getattr(model, role) for role in present}
    own = None if model.ontology.is_audioset else model.labels
    return write_parts(Path(folder), parts, model.spec, model.settings, model.card, dtype, own)


def write_parts(
    folder: Path,
    parts: Mapping[str, nn.Module],
    spec: Mapping[str, dict[str, Any]],
    settings: ModelSettings,
    card: dict[str, Any],
    dtype: torch.dtype = torch.float32,
    classes: list[str] | None = None,
) -> Path:
    """The same for parts that may not make a whole model, such as a tagger alone; see `save`.

    `classes` are the names of own classes, None for AudioSet's.
    """
    from safetensors.torch import save_file

    state: dict[str, Tensor] = {}
    for role, part in parts.items():
        matrices = {name for name, parameter in part.named_parameters() if parameter.ndim > 1}
        for name, tensor in part.state_dict().items():
            stored = tensor.to(dtype) if name in matrices else tensor
            state[f"{role}.{name}"] = stored.detach().cpu().contiguous().clone()
    description = {
        "schema": SCHEMA,
        "dtype": str(dtype).removeprefix("torch."),
        "parts": {role: spec[role] for role in parts},
        "settings": settings.to_plain(),
        "about": card,
    } | ({"classes": classes} if classes else {})
    check_target(folder, DESCRIPTION, overwrite=True)
    with complete_folder(folder) as part_folder:
        save_file(state, part_folder / WEIGHTS)
        (part_folder / WEIGHTS).chmod(0o644)  # safetensors lets only the owner read
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (part_folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return folder


def load_folder(folder: str | Path) -> Model:
    """Read what `save` wrote; weights come back as float32.

    Raises:
        ModelFileError: not such a folder, damaged, or weights of another network.
    """
    folder = Path(folder)
    description = read_description(folder)
    parts: dict[str, dict[str, Any]] = description["parts"]
    if "separator" not in parts:
        raise ModelFileError(
            f"{folder} is only a tagger: it can say what sounds, but not separate. Give a whole model."
        )
    built: dict[str, nn.Module] = {}
    for role, part in parts.items():
        built[role] = REGISTRIES[role].build(str(part["name"]), **part.get("arguments", {}))
    model = Model(
        built.get("tagger"),  # type: ignore[arg-type]
        built.get("condition"),  # type: ignore[arg-type]
        built["separator"],  # type: ignore[arg-type]
        Ontology.flat(description["classes"]) if "classes" in description else None,
        settings=ModelSettings.from_plain(description["settings"]),
        card=description.get("about", {}),
        spec=parts,
    )
    fill(model, read_weights(folder / WEIGHTS), folder)
    return model


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a model's folder by name.

    Raises:
        ModelFileError: they are missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError:
        raise ModelFileError(f"The weights {path} are missing.") from None
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"The weights {path} cannot be read: {error}.") from error


def fill(model: nn.Module, state: dict[str, Tensor], folder: Path) -> None:
    """Give a model, or a part of one, its weights; those are of `folder`, which messages name.

    Raises:
        ModelFileError: weights that are missing, unknown or of another shape.
    """
    wanted = model.state_dict()
    missing, unknown = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    for what, keys in (("lacks", missing), ("has the unknown", unknown)):
        if keys:
            raise ModelFileError(
                f"{folder / WEIGHTS} {what} {', '.join(keys[:5])}{', ...' if len(keys) > 5 else ''}: "
                f"it does not belong to its {DESCRIPTION}."
            )
    for name, tensor in state.items():
        if tensor.shape != wanted[name].shape:
            raise ModelFileError(f"{folder / WEIGHTS}: {name} is {list(tensor.shape)}, not {list(wanted[name].shape)}.")
    model.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in state.items()})

"""Networks into a folder: `model.safetensors` (weights) and `model.json` (how to build the parts, settings, card)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.atomic import check_target, complete_folder
from unweave.errors import UnweaveError
from unweave.networks import Networks
from unweave.pretrained.describe import DESCRIPTION, ROLES, SCHEMA, WEIGHTS
from unweave.pretrained.eight_bits import packed
from unweave.settings import ModelSettings


def save(
    model: Networks, folder: str | Path, dtype: torch.dtype = torch.float32, eight_bits: Collection[str] = ()
) -> Path:
    """Write a model; a folder that holds a model already is replaced once the new one is complete.

    Args:
        model: one that knows how its parts are built (`Model.spec`).
        folder: to make.
        dtype: of the stored weight matrices, float32 or float16. Buffers, biases and norms always stay as they are:
            they are small, and half precision would harm them most.
        eight_bits: parts, such as "tagger", whose matrices are stored in 8 bits instead.

    Raises:
        UnweaveError: the model does not know how it was built, or nothing can be written there.
    """
    present = [role for role in ROLES if getattr(model, role) is not None]
    if lacking := [role for role in present if role not in model.spec]:
        raise UnweaveError(f"The model {model.name} cannot be saved: it does not say how its {lacking[0]} is built.")
    parts = {role: getattr(model, role) for role in present}
    own = None if model.ontology.is_audioset else model.labels
    return write_parts(Path(folder), parts, model.spec, model.settings, model.card, dtype, own, eight_bits)


def write_parts(
    folder: Path,
    parts: Mapping[str, nn.Module],
    spec: Mapping[str, dict[str, Any]],
    settings: ModelSettings,
    card: dict[str, Any],
    dtype: torch.dtype = torch.float32,
    classes: list[str] | None = None,
    eight_bits: Collection[str] = (),
) -> Path:
    """The same for parts that may not make a whole model, such as a tagger alone; see `save`.

    `classes` are the names of own classes, None for AudioSet's.
    """
    from safetensors.torch import save_file

    state: dict[str, Tensor] = {}
    for role, part in parts.items():
        matrices = {name for name, parameter in part.named_parameters() if parameter.ndim > 1}
        for name, tensor in part.state_dict().items():
            stored = {name: tensor.to(dtype) if name in matrices else tensor}
            if name in matrices and role in eight_bits:
                stored = packed(name, tensor)
            state |= {f"{role}.{key}": one.detach().cpu().contiguous().clone() for key, one in stored.items()}
    description = {
        "schema": SCHEMA,
        "dtype": str(dtype).removeprefix("torch."),
        "parts": {role: spec[role] for role in parts},
        "settings": settings.to_plain(),
        "about": card,
    } | ({"classes": classes} if classes else {})
    check_target(folder, DESCRIPTION, overwrite=True)
    with complete_folder(folder, mark=DESCRIPTION) as part_folder:
        save_file(state, part_folder / WEIGHTS)
        (part_folder / WEIGHTS).chmod(0o644)  # safetensors lets only the owner read
        text = json.dumps(description, indent=1, ensure_ascii=False)
        (part_folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return folder

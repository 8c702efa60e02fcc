"""A model of a folder that `unweave.pretrained.saving` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from unweave.conditions import conditions
from unweave.errors import ModelFileError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.pretrained.describe import DESCRIPTION, WEIGHTS, read_description
from unweave.registry import Registry
from unweave.separators import separators
from unweave.settings import ModelSettings
from unweave.taggers import taggers

REGISTRIES: dict[str, Registry[Any]] = {"tagger": taggers, "condition": conditions, "separator": separators}


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

"""A model of a folder that `unweave.pretrained.saving` wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.conditions import conditions
from unweave.errors import ModelFileError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.pretrained.arguments import check_arguments
from unweave.pretrained.bounded import Shapes, build_bounded, declared
from unweave.pretrained.describe import DESCRIPTION, WEIGHTS, read_description
from unweave.pretrained.eight_bits import unpacked
from unweave.registry import Registry
from unweave.regular import check_kind
from unweave.separators import separators
from unweave.settings import ModelSettings
from unweave.strict import shown
from unweave.taggers import taggers

REGISTRIES: dict[str, Registry[Any]] = {"tagger": taggers, "condition": conditions, "separator": separators}
LONGEST_SEGMENT = 2_000_000  # samples that networks are given at once; 40 s at 48 kHz


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
    settings = ModelSettings.from_plain(description["settings"])
    ontology = Ontology.flat(description["classes"]) if "classes" in description else None
    there = declared(folder / WEIGHTS)
    built = {role: build_part(role, part, there, folder) for role, part in parts.items()}
    compare({f"{role}.{name}": shape for role, part in built.items() for name, shape in _shapes(part)}, there, folder)
    model = Model(
        built.get("tagger"),  # type: ignore[arg-type]
        built.get("condition"),  # type: ignore[arg-type]
        built["separator"],  # type: ignore[arg-type]
        ontology,
        settings=settings,
        card=description.get("about", {}),
        spec=parts,
    )
    if settings.segment_seconds * model.sample_rate > LONGEST_SEGMENT:
        raise ModelFileError(
            f"{folder} works in segments of {settings.segment_seconds:g} s at {model.sample_rate} Hz; "
            f"{LONGEST_SEGMENT:,} samples are the most."
        )
    fill(model, read_weights(folder / WEIGHTS), folder)
    return model


def build_part(role: str, part: Mapping[str, Any], there: Shapes, folder: Path) -> nn.Module:
    """A described part, with no weights of worth yet, and no larger than what is there for it.

    Args:
        role: of the part.
        part: its name and arguments, from a description.
        there: shapes of what the file of weights holds.
        folder: of the model, which messages name.

    Raises:
        UnweaveError: no such part, arguments that it does not take, or more than the weights are for.
    """
    registry, name, arguments = REGISTRIES[role], part["name"], part.get("arguments", {})
    own = {key: shape for key, shape in there.items() if key.startswith(f"{role}.")}
    registry.find(name)
    check_arguments(registry.kind, name, registry.builder(name), arguments)
    return build_bounded(f"The {role} of {folder}", lambda: registry.build(name, **arguments), own)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a model's folder by name.

    Raises:
        ModelFileError: they are missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        check_kind(path, "file of weights", ModelFileError)
        return unpacked(load_file(path), str(path))
    except FileNotFoundError:
        raise ModelFileError(f"The weights {path} are missing.") from None
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"The weights {path} cannot be read: {error}.") from error


def compare(wanted: Shapes, there: Shapes, folder: Path) -> None:
    """Refuse weights that are missing, unknown or of another shape; those of `folder`, which messages name.

    Raises:
        ModelFileError: the first of them.
    """
    missing, unknown = sorted(wanted.keys() - there.keys()), sorted(there.keys() - wanted.keys())
    for what, keys in (("lacks", missing), ("has the unknown", unknown)):
        if keys:
            raise ModelFileError(
                f"{folder / WEIGHTS} {what} {', '.join(shown(key)[1:-1] for key in keys[:5])}"
                f"{', ...' if len(keys) > 5 else ''}: it does not belong to its {DESCRIPTION}."
            )
    for name, shape in there.items():
        if shape != wanted[name]:
            raise ModelFileError(f"{folder / WEIGHTS}: {name} is {list(shape)}, not {list(wanted[name])}.")


def fill(model: nn.Module, state: dict[str, Tensor], folder: Path) -> None:
    """Give a model, or a part of one, its weights; those are of `folder`, which messages name.

    Raises:
        ModelFileError: weights that are missing, unknown, of another shape or kind, or no numbers.
    """
    wanted = model.state_dict()
    compare(dict(_shapes(model)), {name: tuple(tensor.shape) for name, tensor in state.items()}, folder)
    for name, tensor in state.items():
        if tensor.is_floating_point() != wanted[name].is_floating_point() or tensor.is_complex():
            kinds = [str(each.dtype).removeprefix("torch.") for each in (tensor, wanted[name])]
            raise ModelFileError(f"{folder / WEIGHTS}: {name} holds {kinds[0]}, not {kinds[1]}.")
        if not bool(torch.isfinite(tensor.float()).all()):
            raise ModelFileError(f"{folder / WEIGHTS}: {name} holds numbers that are none (infinite, or not defined).")
    model.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in state.items()})


def _shapes(module: nn.Module) -> Iterator[tuple[str, tuple[int, ...]]]:
    return ((name, tuple(tensor.shape)) for name, tensor in module.state_dict().items())

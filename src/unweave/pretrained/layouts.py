"""Published files as they are: recognised, checked key by key, turned into our parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unweave.conditions import conditions
from unweave.errors import ModelFileError, UnweaveError
from unweave.pretrained.bounded import build_bounded, quietly
from unweave.pretrained.layouts_networks import Layout, htsat_layout, panns_layout, resunet_layout
from unweave.pretrained.layouts_safe import open_weights, split_weights
from unweave.registry import Registry
from unweave.separators import separators
from unweave.taggers import taggers

_REGISTRIES: dict[str, Registry[Any]] = {
    "separator": separators,
    "tagger": taggers,
    "detector": taggers,
    "condition": conditions,
}
# A layer that only one kind of network has; what stands before it in a file is the network's prefix.
_SIGNATURES = {"resunet": "base.pre_conv.weight", "htsat": "tscam_conv.weight", "panns": "fc_audioset.weight"}
# What whole training files hold beside the networks: the filter that smooths a detector's output, a text encoder.
_BYSTANDERS = ("anchor_segment_detector.anchor_segment_scorer.", "query_encoder.")
_ADAPTOR = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
_TEXT_DIM = 512
_LARGEST = 100_000  # classes, or numbers of a condition


@dataclass
class Part:
    """One network of a published file, ready to be built.

    Attributes:
        role: "separator", "tagger", "detector" or "condition".
        name: its name in the registry of its role.
        arguments: what its builder is given.
        state: weights under our names; everything that the built module asks for.
    """

    role: str
    name: str
    arguments: dict[str, Any]
    state: dict[str, Tensor]


@dataclass
class PublishedFile:
    """What a published file holds.

    Attributes:
        kind: "uss" (a whole training checkpoint: separator, tagger, perhaps detector), "resunet" (a separator alone,
            such as the text-conditioned one), "panns" or "htsat".
        parts: by role.
        dropped: entries that are not needed: constants that are computed here, weights that nothing uses, records of
            the training.
        missing: entries that the networks need and the file lacks.
        unknown: entries that belong to no network that is known.
        misshapen: entries of another shape than the network's, in words.
    """

    kind: str
    parts: dict[str, Part] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)


def read_published(path: str | Path, tagger: str | None = None) -> PublishedFile:
    """Read a file of published weights: USS and AudioSep checkpoints, PANNs, HTS-AT.

    Args:
        path: the file as it was downloaded.
        tagger: "panns-cnn14" or "panns-cnn14-sed" for a PANNs file of that size. Both have the same weights, so
            without it the file's name decides (one with "DecisionLevelMax" in it is the detector).

    Raises:
        ModelFileError: the file is damaged, unsafe, of no known layout, or not complete.
    """
    path = Path(path)
    weights, beside = split_weights(open_weights(path), path)
    if tagger is None:
        tagger = "panns-cnn14-sed" if "decisionlevelmax" in path.name.lower().replace("_", "") else "panns-cnn14"
    published = convert(weights, tagger, source=str(path))
    published.dropped += beside
    return published


def convert(
    weights: Mapping[str, Tensor], tagger: str = "panns-cnn14", source: str = "The state dict"
) -> PublishedFile:
    """The same for a state dict in memory; `source` is what messages call it.

    Raises:
        UnweaveError: another `tagger`.
        ModelFileError: see `read_published`.
    """
    if tagger not in ("panns-cnn14", "panns-cnn14-sed"):
        raise UnweaveError(f"A PANNs file can be panns-cnn14 or panns-cnn14-sed by choice, not {tagger!r}.")
    prefixes = _find_networks(weights)
    if not prefixes:
        raise ModelFileError(
            f"{source} holds {len(weights)} weights, but none of the layouts that are known: "
            "USS or AudioSep checkpoints, PANNs CNN6, CNN10 and CNN14, HTS-AT."
        )
    kinds = set(prefixes.values())
    kind = ("uss" if len(kinds) > 1 else "resunet") if "resunet" in kinds else next(iter(kinds))
    published = PublishedFile(kind)
    adaptor = {key.removeprefix("query_net."): weights[key] for key in _adaptor_keys(weights)}
    bystanders = [key for key in weights if key.startswith(_BYSTANDERS)]
    apart = {*bystanders, *_adaptor_keys(weights)}
    rest = {key: value for key, value in weights.items() if key not in apart}
    # The longest prefix first: a network without a prefix takes only what no other one claims.
    for prefix in sorted(prefixes, key=len, reverse=True):
        own = {key.removeprefix(prefix): rest.pop(key) for key in list(rest) if key.startswith(prefix)}
        _add_network(published, prefixes[prefix], prefix, own, tagger, source)
    published.dropped += bystanders
    published.unknown += list(rest)
    _complain(published, source)
    if "separator" in published.parts:
        published.parts["condition"] = _condition(published, adaptor, source)
    return published


def build(part: Part) -> nn.Module:
    """Build a part through its registry and fill it, strictly, in evaluation mode.

    Raises:
        UnweaveError: no such part here.
        ModelFileError: weights that do not fit.
    """
    module = quietly(lambda: _REGISTRIES[part.role].build(part.name, **part.arguments))
    try:
        module.load_state_dict(part.state, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ModelFileError(f"The weights do not fit the {part.role} {part.name!r}: {reason}") from error
    return module.eval()


def _find_networks(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """Prefix -> kind of every network in the file."""
    found: dict[str, str] = {}
    for kind, signature in _SIGNATURES.items():
        for key, value in weights.items():
            prefix = key.removesuffix(signature)
            if prefix != key and (not prefix or prefix.endswith(".")) and value.dim() > 1:
                found.setdefault(prefix, kind)
    return {prefix: kind for prefix, kind in found.items() if not prefix.startswith(_BYSTANDERS)}


def _add_network(
    published: PublishedFile, kind: str, prefix: str, own: dict[str, Tensor], tagger: str, source: str
) -> None:
    role, layout, arguments = _describe(kind, prefix, own, tagger)
    if role in published.parts:
        raise ModelFileError(f"{source} holds two networks that could be its {role}; which one is meant is unknown.")
    wanted = build_bounded(
        f"The {role} of {source}",
        lambda: _REGISTRIES[role].build(layout.name, **arguments),
        {key: tuple(value.shape) for key, value in own.items()},
    ).state_dict()
    state: dict[str, Tensor] = {}
    for key, value in own.items():
        expected: tuple[int, ...] | None = layout.front.get(key)
        if key in layout.keys:
            state[layout.keys[key]] = value
            expected = tuple(wanted[layout.keys[key]].shape)
        elif layout.drops(key):
            published.dropped.append(prefix + key)
        else:
            published.unknown.append(prefix + key)
        if expected is not None and tuple(value.shape) != expected:
            published.misshapen.append(f"{prefix}{key} is {_shape(value.shape)}, not {_shape(expected)}")
    published.missing += [prefix + key for key in layout.keys if key not in own]
    # Batch counters steer nothing here, as the momentum is fixed, but a strict load asks for them.
    state.update({key: torch.tensor(0) for key in wanted if key.endswith(".num_batches_tracked")})
    published.parts[role] = Part(role, layout.name, arguments, state)


def _describe(kind: str, prefix: str, own: Mapping[str, Tensor], tagger: str) -> tuple[str, Layout, dict[str, Any]]:
    """Role, layout and builder's arguments of a network; sizes that may differ between files are read off weights."""
    if kind == "resunet":
        film = next((value for key, value in own.items() if key.startswith("film.") and value.dim() == 2), None)
        width = film.shape[1] if film is not None else _TEXT_DIM
        _check_size("a condition", int(width))
        return "separator", resunet_layout(), {"condition_dim": int(width)}
    role = "detector" if prefix.startswith("anchor_segment_detector.") else "tagger"
    classes = {"classes": int(own[_SIGNATURES[kind]].shape[0])}
    _check_size("classes", classes["classes"])
    if kind == "htsat":
        return role, htsat_layout(), classes
    if not any(key.endswith(".conv2.weight") for key in own):
        return role, panns_layout("CNN6", "panns-cnn6", blocks=4, convolutions=1), classes
    if not any(key.startswith(("conv_block5.", "conv_block6.")) for key in own):
        return role, panns_layout("CNN10", "panns-cnn10", blocks=4, convolutions=2), classes
    if prefix.startswith("query_net."):
        tagger = "panns-cnn14"
    name = "panns-cnn14-sed" if role == "detector" else tagger
    return role, panns_layout("CNN14", name, blocks=6, convolutions=2), classes


def _check_size(what: str, size: int) -> None:
    if not 1 <= size <= _LARGEST:
        raise ModelFileError(f"The file tells of {what} of {size:,} numbers; 1 to {_LARGEST:,} are possible.")


def _adaptor_keys(weights: Iterable[str]) -> list[str]:
    return [key for key in weights if key in {f"query_net.{name}" for name in _ADAPTOR}]


def _condition(published: PublishedFile, adaptor: dict[str, Tensor], source: str) -> Part:
    """The kind of condition follows from the width of the separator's shifts."""
    dim = published.parts["separator"].arguments["condition_dim"]
    tagger = published.parts.get("tagger")
    if tagger is None:
        names = {_TEXT_DIM: "text", 527: "soft", 2048: "embedding"}
    else:
        embedding = tagger.state["semantic.weight" if tagger.name == "htsat" else "classifier.weight"].shape[1]
        names = {tagger.arguments["classes"]: "soft", embedding: "embedding"}
    if adaptor:
        return _adaptor(adaptor, dim, names, source)
    if dim not in names:
        raise ModelFileError(
            f"{source} wants a condition of {dim} numbers; "
            f"known are {', '.join(f'{width} ({name})' for width, name in names.items())}."
        )
    return Part("condition", names[dim], {"dim": dim}, {})


def _adaptor(adaptor: dict[str, Tensor], dim: int, names: Mapping[int, str], source: str) -> Part:
    """The adaptor between tagger and separator; which layer of the tagger it stands on follows from its width."""
    if missing := sorted(set(_ADAPTOR) - adaptor.keys()):
        raise ModelFileError(f"{source} holds only a part of an adaptor; missing: {', '.join(missing)}.")
    if adaptor["fc1.weight"].dim() != 2:
        raise ModelFileError(f"{source} holds an adaptor whose first layer is {_shape(adaptor['fc1.weight'].shape)}.")
    (hidden, inputs), outputs = adaptor["fc1.weight"].shape, adaptor["fc2.bias"].numel()
    if outputs != dim:
        raise ModelFileError(f"{source} holds an adaptor to {outputs} numbers, but its separator wants {dim}.")
    _check_size("an adaptor", int(hidden))
    layer = {"soft": "clip", "embedding": "embedding"}.get(names.get(inputs, ""))
    if layer is None:
        raise ModelFileError(f"{source} holds an adaptor on {inputs} numbers, which no layer of its tagger gives.")
    return Part("condition", "adaptor", {"dim": dim, "inputs": inputs, "hidden": hidden, "layer": layer}, adaptor)


def _complain(published: PublishedFile, source: str) -> None:
    names = ", ".join(f"{part.role} {part.name}" for part in published.parts.values())
    faults = [
        f"{len(keys)} {what}: {', '.join(keys[:5])}{', ...' if len(keys) > 5 else ''}"
        for what, keys in (
            ("missing", published.missing),
            ("unknown", published.unknown),
            ("of another shape", published.misshapen),
        )
        if keys
    ]
    if faults:
        raise ModelFileError(f"{source} looks like {names}, but its weights differ. {'; '.join(faults)}.")


def _shape(shape: Iterable[int]) -> str:
    return " x ".join(str(size) for size in shape) or "one number"

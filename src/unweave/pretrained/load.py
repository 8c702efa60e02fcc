"""`load_model`: an embedded name, a registered name, a folder of ours or a published file -> a model that is ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unweave.engines import attach, engines, pick
from unweave.errors import DownloadError, ModelFileError, UnweaveError
from unweave.model import Model
from unweave.pretrained.describe import quantised_files
from unweave.pretrained.device import pick_device, pick_precision
from unweave.pretrained.download import default_cache, fetch
from unweave.pretrained.folder import load_folder
from unweave.pretrained.layouts import PublishedFile, build, read_published
from unweave.pretrained.registry import find_model
from unweave.pretrained.saving import write_parts
from unweave.regular import check_regular
from unweave.settings import ModelSettings

DEFAULT = "small"

# Published networks fill up the 2 s that they were trained on to 2.24 s of frames. Here 0.2 s of them hold sound: as
# many segments as the published code has, and neighbours cross-fade.
SEGMENT_SECONDS, OVERLAP_SECONDS = 2.2, 0.2


def load_model(
    name_or_path: str | Path | None = None,
    device: str = "auto",
    *,
    precision: str = "float32",
    backend: str = "auto",
    progress: Callable[[int, int | None], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Model:
    """A model, ready to separate.

    Args:
        name_or_path: None for the model in the box; the name of another one, which is fetched when first used; a
            folder that `unweave models import` or training wrote; or a published file as it was downloaded.
        device: "auto" (the best there is), "cpu", "cuda" or "mps".
        precision: "float32", or "bfloat16" or "float16" for layers in half precision: less exact, and faster on a GPU
            and, with bfloat16, on a CPU that has it.
        backend: what runs the separator on a CPU: "eager" (PyTorch alone), "openvino", "onnx", or "auto", which takes
            one that is installed where that pays. The results are the same up to rounding.
        progress: of a download, called with the bytes that are there and the whole size.
        say: called with sentences for the user, about a download or what would make it faster.

    Raises:
        UnweaveError: no such model, device, precision or backend, or weights that cannot be used.
    """
    pick(backend)
    where = pick_device(device)
    if backend not in ("auto", "eager") and where.type != "cpu":
        if device != "auto":
            raise UnweaveError(f"The backend {backend} runs on CPUs, not on {device}; leave out one of the two.")
        where = torch.device("cpu")
    chosen = pick_precision(precision, where)
    half = chosen if where.type == "cpu" else torch.float32
    engine = pick(backend, half)
    model, folder = _load(DEFAULT if name_or_path is None else name_or_path, progress, say)
    model = model.to(where).eval()
    model.precision = chosen
    quantised = quantised_files(folder) if folder else {}
    if quantised and say is not None and not engine.eight_bits and where.type == "cpu":
        say(f"{model.name} is run in float32: its 8 bits need OpenVINO ({engines.build('openvino').command}).")
    cache = _cache_of_engines()
    attach(model.separator, backend, cache, quantised.get("separator"), say, half)
    if model.tagger is not None:
        # In float32 an engine gains little with a tagger, which hears a segment once, and takes memory of its own.
        bits = quantised.get("tagger") if engine.eight_bits else None
        attach(model.tagger, backend if bits else "eager", cache, bits, say, half if bits else torch.float32)
    return model


def load_published(path: Path, name: str) -> Model:
    """A model of a published file: USS checkpoints, and separators that are steered by words.

    It cross-fades its segments; `Model.published` gives the behaviour of the published code.

    Args:
        path: the file as it was downloaded.
        name: what the model is called.

    Raises:
        ModelFileError: the file cannot be used, or holds no separator.
    """
    published = read_published(path)
    if "separator" not in published.parts:
        raise ModelFileError(
            f"{path} is only a tagger ({next(iter(published.parts.values())).name}): it can say what sounds, but not "
            "separate. Give the checkpoint of a separator."
        )
    built, spec = _build(published)
    parts: dict[str, Any] = built
    return Model(
        parts.get("tagger"),
        parts.get("condition"),
        parts["separator"],
        settings=_settings(name),
        card=_card(published, path),
        spec=spec,
    )


def import_published(path: Path, folder: Path, dtype: torch.dtype = torch.float32) -> PublishedFile:
    """Write a published file, a tagger alone too, as a folder of ours.

    Args:
        path: the file as it was downloaded.
        folder: to make.
        dtype: of the stored weight matrices.

    Returns:
        What was found in the file, dropped entries named.

    Raises:
        UnweaveError: the file cannot be used, or nothing can be written there.
    """
    check_regular(path, "file of weights")
    published = read_published(path)
    built, spec = _build(published)
    settings = _settings(folder.name)
    write_parts(folder, built, spec, settings, _card(published, path), dtype)
    return published


def _settings(name: str) -> ModelSettings:
    """Those of a published model."""
    return ModelSettings(name=name, segment_seconds=SEGMENT_SECONDS, overlap_seconds=OVERLAP_SECONDS)


def _load(
    name_or_path: str | Path,
    progress: Callable[[int, int | None], None] | None,
    say: Callable[[str], None] | None,
) -> tuple[Model, Path | None]:
    """The model, and its folder if it is one of ours."""
    path = Path(name_or_path)
    name = path.stem
    if not isinstance(name_or_path, Path) and not _looks_like_path(name_or_path) or not _exists(path):
        if isinstance(name_or_path, Path) or _looks_like_path(name_or_path):
            raise UnweaveError(f"There is no model at {path}; give a folder of ours or a published file.")
        try:
            row = find_model(name_or_path)
        except UnweaveError:
            if not _exists(path):
                raise
        else:
            if row.kind == "tagger":
                raise UnweaveError(
                    f"{row.name} is only a tagger: it can say what sounds, but not separate. Name a model."
                )
            name, path = row.name, fetch(row, progress=progress, say=say)
    if not path.is_dir():
        check_regular(path, "file of weights")
    return (load_folder(path), path) if path.is_dir() else (load_published(path, name), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no name for a file: too long, or a null byte in it
        return False


def _cache_of_engines() -> Path | None:
    """Where compiled networks are kept; None, for nowhere, if there is no place."""
    try:
        return default_cache() / "engines"
    except DownloadError:
        return None


def _looks_like_path(text: str) -> bool:
    return any(letter in text for letter in "/\\") or Path(text).suffix in (".ckpt", ".pth", ".pt", ".safetensors")


def _build(published: PublishedFile) -> tuple[dict[str, nn.Module], dict[str, dict[str, Any]]]:
    """The parts that a model is made of; a separator without a tagger has a condition if words steer it."""
    parts = published.parts
    tagger = "tagger" if "tagger" in parts else "detector"
    roles = {"separator": "separator", "tagger": tagger, "condition": "condition"}
    if "separator" in parts and "tagger" not in parts:
        words = "condition" in parts and parts["condition"].name == "text"
        roles = {"separator": "separator", **({"condition": "condition"} if words else {})}
    chosen = {role: parts[source] for role, source in roles.items() if source in parts}
    spec = {role: {"name": part.name, "arguments": part.arguments} for role, part in chosen.items()}
    return {role: build(part) for role, part in chosen.items()}, spec


def _card(published: PublishedFile, path: Path) -> dict[str, Any]:
    return {
        "what": f"Imported from {path.name}",
        "licence": "That of the published file; see where it came from.",
        "layout": published.kind,
        "dropped": sorted(published.dropped)[:20],
        "dropped_count": len(published.dropped),
    }

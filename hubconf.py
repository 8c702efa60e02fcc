"""Unweave by torch.hub: torch.hub.load("OWNER/unweave", "unweave"), or with a folder and source="local".

Torch looks for the packages of `dependencies` and stops with their names if one is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

dependencies = ["torch", "numpy", "soundfile", "soxr", "av", "safetensors", "huggingface_hub", "pydantic", "yaml"]
dependencies += ["matplotlib", "filelock"]


def unweave(model: str | None = None, **options: Any) -> Any:
    """A model, ready to separate.

    Args:
        model: a name of `unweave models`, or a path; None for the model in the box.
        options: of `unweave.load_model`, such as device="cuda".
    """
    return _load()(model, **options)


def small(**options: Any) -> Any:
    """The model in the box. Its weights are for non-commercial use."""
    return _load()("small", **options)


def _load() -> Any:
    source = str(Path(__file__).resolve().parent / "src")
    if source not in sys.path:
        sys.path.insert(0, source)
    import unweave

    return unweave.load_model

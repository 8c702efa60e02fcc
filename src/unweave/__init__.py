"""Unweave: any recording in, its sounds as separate tracks out.

Universal source separation with weakly labelled data (Kong et al., arXiv 2305.07447). Each folder is one idea of the
paper. Names are imported when they are first used, so that `import unweave` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from unweave.errors import UnweaveError
    from unweave.inference.events import Event
    from unweave.inference.track import Track
    from unweave.model import Model
    from unweave.ontology import Ontology
    from unweave.pretrained.load import load_model
    from unweave.pretrained.registry import available_models

_HOMES = {
    "Event": "unweave.inference.events",
    "Model": "unweave.model",
    "Ontology": "unweave.ontology",
    "Track": "unweave.inference.track",
    "UnweaveError": "unweave.errors",
    "available_models": "unweave.pretrained.registry",
    "load_model": "unweave.pretrained.load",
}

__all__ = [
    "Event",
    "Model",
    "Ontology",
    "Track",
    "UnweaveError",
    "__version__",
    "available_models",
    "load_model",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""A real, untrained model in a folder: other processes know nothing of the tests' own networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from unweave.conditions import conditions
from unweave.model import Model
from unweave.separators import separators
from unweave.settings import ModelSettings
from unweave.taggers import taggers

GEOMETRY = {"widths": [8, 12, 16], "strides": [[2, 2], [2, 2]], "hidden": 16}
SPEC = {
    "tagger": {"name": "small", "arguments": {"widths": [8, 8, 8, 8, 8]}},
    "condition": {"name": "soft", "arguments": {"dim": 527, "normalise": True}},
    "separator": {"name": "small", "arguments": {"condition_dim": 527, **GEOMETRY}},
}


def write_untrained(folder: Path, **changes: Any) -> str:
    """Write the model below `folder`, with other settings if there are any, and say where it is."""
    torch.manual_seed(0)
    registries = {"tagger": taggers, "condition": conditions, "separator": separators}
    parts = [registry.build(SPEC[role]["name"], **SPEC[role]["arguments"]) for role, registry in registries.items()]
    settings = ModelSettings(name="untrained", segment_seconds=1.0, overlap_seconds=0.0, **changes)
    return str(Model(*parts, settings=settings, spec=SPEC).save(folder / "untrained"))

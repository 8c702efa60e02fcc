"""Weights that take as long as trained ones: random, with a tagger that hears ten classes all the time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import torch
from cases import CLASSES
from processes import Worker
from published_env import variables

from unweave.conditions import conditions
from unweave.model import Model
from unweave.separators import separators
from unweave.taggers import taggers
from unweave.taggers.panns import Panns

SURE, SILENT = 0.6, 0.001


def published(python: Path, folder: Path) -> Path:
    """A checkpoint in the published layout, which both sides read; the published package makes it."""
    worker = Worker(python, "bench_published.py", variables(python, 1))
    worker.ask(do="make", folder=str(folder), classes=list(CLASSES.values()))
    worker.close()
    return folder / "published.ckpt"


def ours(folder: Path, tiny: bool) -> Path:
    """A folder of ours, of the same size or of a few weights."""
    torch.manual_seed(0)
    geometry: dict[str, Any] = {"condition_dim": 527}
    geometry |= {"window_size": 512, "hop": 160, "widths": [4, 8]} if tiny else {}
    name = "panns-cnn6" if tiny else "panns-cnn14"
    tagger = cast(Panns, taggers.build(name))
    with torch.no_grad():
        tagger.classifier.weight.zero_()
        tagger.classifier.bias.fill_(math.log(SILENT / (1 - SILENT)))
        tagger.classifier.bias[list(CLASSES.values())] = math.log(SURE / (1 - SURE))
    spec: dict[str, dict[str, Any]] = {
        "tagger": {"name": name, "arguments": {}},
        "condition": {"name": "soft", "arguments": {"dim": 527}},
        "separator": {"name": "resunet30", "arguments": geometry},
    }
    separator = separators.build("resunet30", **geometry)
    return Model(tagger, conditions.build("soft", dim=527), separator, spec=spec).save(folder / "stand-in")

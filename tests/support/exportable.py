"""A narrow model of the parts that can be exported; nothing is learnt, but it hears and finds something."""

from __future__ import annotations

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from unweave.conditions import conditions
from unweave.model import Model
from unweave.separators import separators
from unweave.settings import ModelSettings
from unweave.taggers import taggers

SPEC = {
    "tagger": {"name": "two-ears", "arguments": {"classes": 527, "widths": [8, 8, 8, 8, 8], "hidden": 8}},
    "condition": {"name": "soft", "arguments": {"dim": 527, "normalise": True, "hint": 0.5}},
    "separator": {
        "name": "small",
        "arguments": {
            "condition_dim": 527,
            "widths": [8, 12, 16],
            "strides": [[2, 2], [2, 2]],
            "hidden": 16,
            "deep": 2,
            "attention": 2,
        },
    },
}
_KEPT = TemporaryDirectory(prefix="exported-", ignore_cleanup_errors=True)
KNOWN = (0, 72, 74, 137, 288, 388, 500, 506)  # Speech, Animal, Dog, Music, Rain and others; not Siren


def exportable_model() -> Model:
    torch.manual_seed(3)
    registries = {"tagger": taggers, "condition": conditions, "separator": separators}
    parts = [registry.build(SPEC[role]["name"], **SPEC[role]["arguments"]) for role, registry in registries.items()]
    lengths = {"segment_seconds": 1.0, "overlap_seconds": 0.25}
    settings = ModelSettings(
        name="narrow", **lengths, known=KNOWN, auto_threshold=0.4, prominence=1.0, level_threshold=0.3
    )
    model = Model(*parts, settings=settings, spec=SPEC, card={"what": "A narrow model", "licence": "CC0"})
    with torch.no_grad():
        # As weights are that a model brings: matrices in 16 bits; norms that have seen something.
        for weight in model.parameters():
            weight.copy_(weight.half().float() if weight.ndim > 1 else weight + 0.1 * torch.randn_like(weight))
        model.condition.alike[72, :200] = model.condition.alike[137, 60:] = True  # type: ignore[index, union-attr]
        model.tagger.head.bias.fill_(-1)  # type: ignore[union-attr]
        model.tagger.head.weight.mul_(torch.tensor(8.0))  # type: ignore[union-attr]
        model.tagger.say.weight.copy_(torch.randn_like(model.tagger.say.weight).half())  # type: ignore[union-attr]
        model.separator.overview.answer.weight.normal_(std=0.2).copy_(model.separator.overview.answer.weight.half())  # type: ignore[union-attr]
    return model


@functools.cache
def exported() -> Path:
    """The folder that `unweave models export` writes of it, once for all tests of a process; not to be written to."""
    from unweave.cli.main import run

    place = Path(_KEPT.name)
    saved = exportable_model().save(place / "narrow")
    assert run(["models", "export", str(saved), "-o", str(place / "out"), "-q"]) == 0
    return place / "out"


def made_recording(rate: int = 44100, seconds: float = 3.6) -> np.ndarray:
    """(2, T): a tone that comes and goes in one channel more than in the other, noise, and a second of silence."""
    time = np.arange(round(rate * seconds)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 700 * time) * (np.sin(2 * np.pi * 0.7 * time) > 0)
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(time))
    audio = np.stack([tone + noise, 0.5 * tone + noise])
    audio[:, round(1.2 * rate) : round(2.3 * rate)] = 0
    return audio.astype(np.float32)

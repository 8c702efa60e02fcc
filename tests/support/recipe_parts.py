"""Whole recipes in a tiny size: the same parts with few weights, two steps, the data set's own layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from layouts import write_layout
from parts import WAV2VEC

from unweave.pretrained.saving import write_parts
from unweave.separators import Separator, separators
from unweave.separators.resunet import ResUNet
from unweave.settings import ModelSettings
from unweave.taggers import Tagger, taggers
from unweave.taggers.htsat import HtsAt
from unweave.taggers.panns import Panns
from unweave.taggers.panns_sed import PannsDetector
from unweave.taggers.small import SmallTagger
from unweave.training.recipe import Recipe, several

# What the names of published weights hold.
PUBLISHED = {
    "htsat": "htsat",
    "panns-cnn6": "panns-cnn6",
    "panns-cnn10": "panns-cnn10",
    "panns-cnn14": "panns-cnn14",
    "panns-cnn14-decisionlevelmax": "panns-cnn14-sed",
    "small": "small",
}
# The published builders take no sizes; these are of the same classes.
LITTLE_TAGGERS: dict[str, Callable[[int], Tagger]] = {
    "htsat": lambda classes: HtsAt(4, (1, 1), (1, 2), window=4, side=128, patch=16, classes=classes),
    "panns-cnn6": lambda classes: Panns([2, 3, 6], 5, 1, pools=3, classes=classes),
    "panns-cnn10": lambda classes: Panns([2, 3, 7], 3, 2, pools=3, classes=classes),
    "panns-cnn14": lambda classes: Panns([2, 3, 8], 3, 2, pools=2, classes=classes),
    "panns-cnn14-sed": lambda classes: PannsDetector([2, 3, 4], 3, 2, pools=2, classes=classes),
    "small": lambda classes: SmallTagger(classes, (4, 4, 4, 4, 4)),
}
TAGGER_SIZES: dict[str, dict[str, Any]] = {
    "small": {"widths": [4, 4, 4, 4, 4]},
    "speaker": {"embedding": 6, "hidden": 8},
    "wav2vec": {"config": WAV2VEC},
}
UNET: dict[str, Any] = {"window_size": 512, "hop": 160, "widths": (2, 3)}
SEPARATOR_SIZES: dict[str, dict[str, Any]] = {
    "convtasnet": {"filters": 12, "window": 128, "bottleneck": 8, "hidden": 10, "skip": 6, "blocks": 2, "repeats": 2},
    "openunmix": {"window_size": 512, "hop": 160, "hidden": 8},
    "resunet30": UNET,
    "resunet60": UNET,
    "small": {"widths": [4, 4, 6], "strides": [[2, 2], [2, 1]], "hidden": 8},
    "unet": UNET,
}


def _register(name: str, build: Callable[[int], Tagger]) -> None:
    def builder(classes: int = 527) -> Tagger:
        return build(classes)

    taggers.register(f"little-{name}")(builder)


for _name, _build in LITTLE_TAGGERS.items():
    _register(_name, _build)


@separators.register("little-resunet30-paper")
def little_resunet30_paper(condition_dim: int) -> Separator:
    """Its bottleneck of several blocks, with fewer of them."""
    return ResUNet(condition_dim, **UNET, bottleneck=2)


class MadeUpTeacher:
    """Stands in for the teacher's file: it hears 527 classes, faintly."""

    def __init__(self, *_: object, layer: str | None = None) -> None:
        self.layer = layer

    def __call__(self, waveform: Any, sample_rate: int) -> Any:
        """The scores of each patch, (patches, 527), and its features, (patches, 6), if a layer was named."""
        patches = max(1, int((len(waveform) / sample_rate - 0.96) / 0.48) + 1)
        features = torch.rand(patches, 6).numpy() if self.layer else None
        return torch.full((patches, 527), 0.01).numpy(), features


class Workshop:
    """Keeps what tiny recipes share: data sets as they lie after download, what is prepared of them, and weights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._roots: dict[str, Path] = {}

    def root(self, dataset: str, seconds: float) -> Path:
        """A data set in its true layout, at the rate of the networks."""
        if dataset == "toy":
            return self.folder / "toy"  # makes its own sounds
        if dataset not in self._roots:
            self._roots[dataset] = write_layout(dataset, self.folder / dataset, 2, seconds, 32000)
        return self._roots[dataset]

    def weights(self, name: str) -> Path:
        """A folder of random weights of the little tagger called `name`."""
        folder = self.folder / name
        if not folder.exists():
            torch.manual_seed(0)
            spec = {"tagger": {"name": f"little-{name}", "arguments": {"classes": 527}}}
            write_parts(folder, {"tagger": taggers.build(f"little-{name}")}, spec, ModelSettings(name=name), {})
        return folder

    def overrides(self, recipe: Recipe, folder: Path, dataset: str, seconds: float) -> list[str]:
        """What makes `recipe` tiny and changes nothing else.

        Args:
            recipe: as it is.
            folder: of the run.
            dataset: what its store is made of; it need not say so itself.
            seconds: length of the clips.
        """
        options = {"toy": {"clips": 2, "valid": 1}}.get(dataset, recipe.data.options)
        store = self.folder / "stores" / f"{dataset}-{'-'.join(map(str, options.values()))}"
        values: dict[str, Any] = {
            "folder": str(folder),
            "data.dataset": dataset,
            "data.root": str(self.root(dataset, seconds)),
            "data.options": options,
            "data.store": str(store),
            "data.workers": 0,
        }
        for role in ("tagger", "detector"):
            part = getattr(recipe, role)
            if part is not None and part.weights is not None:
                values[f"{role}.part"] = None
                values[f"{role}.weights"] = str(self.weights(PUBLISHED[part.weights]))
            elif part is not None:
                values[f"{role}.part.arguments"] = TAGGER_SIZES[part.part.name]
        separator = recipe.separator.part
        assert separator is not None
        if separator.name in SEPARATOR_SIZES:
            values["separator.part.arguments"] = SEPARATOR_SIZES[separator.name]
        else:
            values["separator.part.name"] = f"little-{separator.name}"
        if recipe.condition.name == "adaptor":
            values["condition.arguments"] = {"dim": 6, "hidden": 8}
        learnings = [(f"separator.learn.{i}", learning) for i, learning in enumerate(recipe.separator.learn)]
        if recipe.tagger.learn is not None:
            learnings.append(("tagger.learn", recipe.tagger.learn))
        for where, learning in learnings:
            values |= {f"{where}.loop.steps": 2, f"{where}.loop.device": "cpu"}
            # A mixture's sources come from as many clips.
            values[f"{where}.batch"] = max(several(learning.mixing.sources)) if learning.how == "paper" else 4
            if learning.how == "paper" and learning.thaw is not None:
                values[f"{where}.thaw.after"] = 1  # of two steps
            if learning.how == "few clips" and "Speech" in learning.weights:
                values[f"{where}.weights.Speech"] = 1  # of four classes, one must not be half of all
        return [f"{key}={json.dumps(value)}" for key, value in values.items()]

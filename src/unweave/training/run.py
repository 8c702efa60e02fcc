"""From a recipe to a model: store, soft labels, tagger, separator, each step kept and none done twice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from unweave.conditions import conditions
from unweave.data.index import read_index
from unweave.data.store import Store, build_store
from unweave.data.teacher import Teacher
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.separators import separators
from unweave.taggers import taggers
from unweave.taggers.small import SmallTagger
from unweave.training.loop import fit
from unweave.training.recipe import MixingRecipe, Recipe
from unweave.training.separation import SeparationSettings, SeparationTask
from unweave.training.tagging import TaggingTask, class_members


def progress(what: str) -> Callable[[int, int], None]:
    """A plain counter on standard error."""

    def show(done: int, total: int) -> None:
        if done % 200 == 0 or done == total:
            print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)

    return show


def prepared_store(recipe: Recipe) -> Store:
    """The store of the recipe's clips, made if it is not there."""
    path = recipe.folder / "store.h5"
    if not path.is_file():
        recipe.folder.mkdir(parents=True, exist_ok=True)
        for sentence in build_store(read_index(recipe.data.index), path, progress=progress("clips stored")):
            print(f"left out: {sentence}", file=sys.stderr)
    return Store(path)


def soft_labels(recipe: Recipe, store: Store) -> list[NDArray[np.float16]]:
    """The teacher's scores of every clip, (patches, K) each, computed once."""
    path = recipe.folder / "soft-labels.npz"
    if not path.is_file():
        teacher = Teacher(recipe.data.teacher, recipe.data.teacher_classes)
        show = progress("clips heard by the teacher")
        scores = []
        for row, length in enumerate(store.lengths):
            scores.append(teacher(store.read(row, 0, int(length)), store.sample_rate).astype(np.float16))
            show(row + 1, len(store.lengths))
        np.savez(path, scores=np.concatenate(scores), ends=np.cumsum([len(score) for score in scores]))
    with np.load(path) as file:
        return np.split(file["scores"], file["ends"][:-1])


def class_weights(store: Store, names: dict[str, int], common: int = 1, enough: int = 20) -> dict[int, int]:
    """How often each class is drawn in a round.

    Args:
        store: its training clips are counted.
        names: weights by class name; "" stands for clips without a class.
        common: weight of the classes with at least `enough` clips, so that the few clips of rare ones are not learnt
            by heart.
        enough: see `common`.
    """
    ontology = Ontology()
    weights = {key: common for key, clips in class_members(store, "train").items() if len(clips) >= enough}
    for name, weight in names.items():
        index = ontology.find(name).index if name else -1
        if index is None:
            raise UnweaveError(f"{name} is a node of the ontology but none of its classes; it cannot have a weight.")
        weights[index] = weight
    return weights


def learnt_classes(store: Store) -> list[int]:
    """The classes that a separator was asked for in training: those that clips are tagged with, and those above."""
    ontology = Ontology()
    tagged = {key for key in class_members(store, "train") if key >= 0}
    above = {node.index for key in tagged for node in ontology.ancestors(key) if node.index is not None}
    return sorted(tagged | above)


def once(path: Path, net: nn.Module, learn: Callable[[], nn.Module]) -> None:
    """Load `net` from `path`, or learn it and keep it there."""
    if not path.is_file():
        save_file({name: value.contiguous() for name, value in learn().state_dict().items()}, path)
    net.load_state_dict(load_file(path))
    net.eval()


def run(recipe: Recipe) -> Model:
    """Train all that `recipe` asks for, and write the model to its folder under `model/`.

    A run that was interrupted goes on where its last checkpoint was made.
    """
    torch.manual_seed(recipe.seed)
    store = prepared_store(recipe)
    tagger = taggers.build(recipe.tagger.part.name, **recipe.tagger.part.arguments)
    condition = conditions.build(recipe.condition.name, **recipe.condition.arguments)
    separator = separators.build(
        recipe.separator.part.name, condition_dim=condition.dim, **recipe.separator.part.arguments
    )

    def learn_tagger() -> nn.Module:
        if not isinstance(tagger, SmallTagger):
            raise UnweaveError(f"The tagger {recipe.tagger.part.name} is not trained here; take the small one.")
        t = recipe.tagger
        task = TaggingTask(
            tagger,
            store,
            soft_labels(recipe, store),
            batch=t.batch,
            patches=t.patches,
            seed=recipe.seed,
            weights=class_weights(store, t.weights, t.common),
            mixed=t.mixed,
            choice=t.choice,
            progress=progress("spectrograms"),
        )
        return fit(task, t.loop, recipe.folder / "tagger")

    def learn_separator(made: MixingRecipe, folder: Path, seed: int) -> nn.Module:
        how: dict[str, Any] = made.model_dump(include={"batch", "seconds", "share", "gain", "speed", "shares"})
        task = SeparationTask(
            separator,
            tagger,
            condition,
            store,
            SeparationSettings(**how, weights=class_weights(store, made.weights, made.common)),
            seed,
            progress("clips heard by the detector"),
            recipe.folder / "detector.npz",
        )
        return fit(task, made.loop, folder)

    once(recipe.folder / "tagger.safetensors", tagger, learn_tagger)
    stretches = [("separator", recipe.separator), ("refined", recipe.separator.refine)]
    for number, (name, made) in enumerate(stretches):
        if made is not None:
            learn = partial(learn_separator, made, recipe.folder / name, recipe.seed + number)
            once(recipe.folder / f"{name}.safetensors", separator, learn)
    model = Model(
        tagger,
        condition,
        separator,
        settings={"known": learnt_classes(store), **recipe.settings},
        card=recipe.card,
        spec={
            "tagger": recipe.tagger.part.model_dump(),
            "condition": recipe.condition.model_dump(),
            "separator": {
                "name": recipe.separator.part.name,
                "arguments": {"condition_dim": condition.dim, **recipe.separator.part.arguments},
            },
        },
    )
    model.save(recipe.folder / "model", torch.float16 if recipe.half else torch.float32)
    return model

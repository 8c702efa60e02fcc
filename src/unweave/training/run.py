"""From a recipe to a model: store, tagger, separator, each step kept and none done twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file
from torch import nn

from unweave.atomic import complete_file
from unweave.claims import claimed
from unweave.data.datasets import datasets
from unweave.data.store import Store, append, open_store
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.settings import ModelSettings
from unweave.training import tasks
from unweave.training.build import Spec, build_condition, build_separator, build_tagger
from unweave.training.checkpoint import LAST, load_checkpoint
from unweave.training.faithful import row_card
from unweave.training.forecast import forecast
from unweave.training.loop import LoopSettings, Task, fit
from unweave.training.machine import processes
from unweave.training.method import QueriedSeparator
from unweave.training.observer import Observer, Quiet
from unweave.training.query import build_query
from unweave.training.recipe import FewClipsLearning, PaperLearning, Recipe, several


def run(recipe: Recipe, observer: Observer | None = None) -> Model:
    """Train all that `recipe` asks for, and write the model to its folder under `model/`.

    A run that was interrupted goes on where its last checkpoint was made.

    Raises:
        UnweaveError: a recipe or data that cannot be learnt from, or another run trains in this folder.
    """
    recipe.folder.mkdir(parents=True, exist_ok=True)
    # Of several processes of one run, one holds the folder for all.
    with claimed(recipe.folder) if processes()[0] == 0 else nullcontext():
        return _run(recipe, observer or Quiet())


def _run(recipe: Recipe, observer: Observer) -> Model:
    torch.manual_seed(recipe.seed)
    store = prepared_store(recipe, observer)
    vocabulary = store.vocabulary
    ontology = Ontology() if vocabulary.is_audioset else Ontology.flat(vocabulary.names)
    # All parts are built, and the model's settings read, before anything is learnt: what does not fit is said at once.
    ModelSettings.from_plain(model_settings(recipe))
    tagger, tagger_spec = build_tagger(recipe.tagger, len(vocabulary))
    detector = tagger if recipe.detector is None else build_tagger(recipe.detector, len(vocabulary))[0]
    condition, condition_spec = build_condition(recipe.condition, tagger, tagger_spec)
    separator, separator_spec = build_separator(recipe.separator, condition.dim)
    tasks.check_rates(store, {"tagger": tagger, "detector": detector, "separator": separator})
    stretches = [
        tasks.few_clips(stretch, condition, store, ontology, recipe, number, observer)
        if isinstance(stretch, FewClipsLearning)
        else tasks.paper(stretch, store, recipe, number)
        for number, stretch in enumerate(recipe.separator.learn)
    ]
    observer.ahead(partial(forecast, recipe, store, tagger, condition.dim, separator))
    if (learning := recipe.tagger.learn) is not None:
        make = tasks.tagging(learning, tagger, store, ontology, recipe, observer)
        learn(recipe, "tagger", tagger, make, learning.loop, observer)
    if detector is tagger and recipe.tagger.mode != "freeze":
        detector = copy.deepcopy(tagger)  # what changes the query net must not change where anchors are found
    net = QueriedSeparator(build_query(tagger, condition, recipe.tagger.mode), separator)
    for number, (stretch, task) in enumerate(zip(recipe.separator.learn, stretches, strict=True)):
        name = "separator" if number == 0 else f"separator-{number + 1}"
        learn(recipe, name, net, partial(task, net, detector), stretch.loop, observer)
    spec = {"tagger": tagger_spec, "condition": condition_spec, "separator": separator_spec}
    return export(recipe, net, store, ontology, spec)


def prepared_store(recipe: Recipe, observer: Observer) -> Store:
    """The store of the recipe's clips, made of its data set if it is not there.

    Raises:
        UnweaveError: there is no store, and the recipe does not say of what to make one.
    """
    data = recipe.data
    with FileLock(recipe.folder / "preparing.lock"):  # of several processes, one prepares
        there = data.store.exists()
        if data.dataset is not None and data.root is not None:
            # What was prepared only in part, or has been added to the data set since, is caught up with.
            if not there or (data.store / "store.json").is_file() and Store(data.store).unfinished:
                collection = datasets.build(data.dataset, root=data.root, **data.options)
                append(collection, data.store, progress=observer.counter("Preparing clips"))
        elif not there:
            named = "FOLDER" if data.dataset else "FOLDER data.dataset=NAME"
            raise UnweaveError(
                f"There is no store {data.store}. Make it with `unweave prepare FOLDER -o {data.store}`, or say where "
                f"the data set lies: data.root={named}."
            )
        return open_store(data.store)


def learn(
    recipe: Recipe,
    name: str,
    net: nn.Module,
    make: Callable[[], Task],
    settings: LoopSettings,
    observer: Observer,
) -> None:
    """Learn `net` with the task that `make` gives and keep it as `name`, or load it if that was done before."""
    path = recipe.folder / f"{name}.safetensors"
    if not path.is_file():
        observer.begin(f"Learning the {name.partition('-')[0]}")
        task = make()
        learnt = fit(task, settings, recipe.folder / name, observer, depends_on(recipe, name))
        task.net.load_state_dict(learnt.state_dict())
        if processes()[0] == 0:
            with complete_file(path) as part:
                save_file({key: value.detach().cpu().contiguous() for key, value in net.state_dict().items()}, part)
    else:
        _check_done(recipe, name, settings)
        net.load_state_dict(load_file(path))
    net.eval()


def _check_done(recipe: Recipe, name: str, settings: LoopSettings) -> None:
    """Refuse to take up what was learnt in another way than the recipe now says.

    Raises:
        UnweaveError: it was.
    """
    last = recipe.folder / name / LAST
    if not last.is_file():
        return
    state = load_checkpoint(last)
    wanted = json.loads(json.dumps(depends_on(recipe, name), default=str))
    if state["settings"] != settings.that_matter() or state["recipe"] != wanted:
        raise UnweaveError(
            f"{recipe.folder / name}.safetensors was learnt in another way than the recipe now says. Give another "
            f"folder (folder=...), or remove it and {recipe.folder / name} to learn anew."
        )


def depends_on(recipe: Recipe, name: str) -> dict[str, Any]:
    """What the weights `name` depend on beside the loop: a run does not go on with other parts or other mixtures."""
    values = recipe.model_dump(mode="json", include={"seed", "tagger", "detector", "condition", "separator"})
    stretches = values["separator"].pop("learn")
    if name == "tagger":
        learning, values = values["tagger"]["learn"], {"seed": recipe.seed, "part": values["tagger"]["part"]}
    else:
        learning = stretches[int(name.partition("-")[2] or 1) - 1]
    learning.pop("loop")
    data = recipe.data.model_dump(mode="json", include={"clip_seconds", "sampler"})
    return {**values, "data": data, "learning": learning}


def export(recipe: Recipe, net: QueriedSeparator, store: Store, ontology: Ontology, spec: dict[str, Spec]) -> Model:
    """The model of what was learnt, in the layout that `unweave separate --model` takes."""
    settings = model_settings(recipe)
    if recipe.separator.learn and net.query.condition.by_class:
        settings.setdefault("known", tasks.learnt_classes(store, ontology))
    card = {**recipe.card, **row_card(recipe, store)}
    model = Model(net.query.tagger, net.query.condition, net.separator, ontology, settings, card=card, spec=spec).cpu()
    if processes()[0] == 0:
        model.save(model_folder(recipe), torch.float16 if recipe.half else torch.float32)
    return model


def model_settings(recipe: Recipe) -> dict[str, Any]:
    """The recipe's settings of the model; unless it says otherwise, segments are as long as the anchors."""
    seconds = [
        several(s.mining.seconds)[0] if isinstance(s, PaperLearning) else s.seconds for s in recipe.separator.learn
    ]
    settings = {"name": recipe.name, **({"segment_seconds": seconds[-1]} if seconds else {}), **recipe.settings}
    settings.setdefault("overlap_seconds", settings.get("segment_seconds", 2.0) / 4)
    return settings


def model_folder(recipe: Recipe) -> Path:
    """Where `run` leaves the model."""
    return recipe.folder / "model"

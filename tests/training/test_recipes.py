"""Every recipe: what its row says, whether its parts fit each other, and two real steps of it on tiny data."""

from __future__ import annotations

import dataclasses
import functools
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from packs import write_index, write_pack
from recipe_parts import PUBLISHED, MadeUpTeacher, Workshop
from safetensors.torch import load_file

import unweave
from unweave.data.yamnet import Yamnet
from unweave.pretrained.describe import WEIGHTS
from unweave.pretrained.registry import find_model
from unweave.taggers import taggers
from unweave.training import build, method, separation, tasks
from unweave.training.build import build_condition, build_separator, build_tagger
from unweave.training.checkpoint import LAST, load_checkpoint
from unweave.training.reading import read_recipe, recipe_folder
from unweave.training.recipe import Recipe, Strict, several
from unweave.training.run import model_folder, run
from unweave.training.validation import HeldOutPairs

PAPER = sorted(path.stem for path in (recipe_folder() / "paper").glob("*.yaml"))
OTHERS = ["my-sounds", "quarter-hour", "shared-data", "toy"]
ABLATION = sorted(path.stem for path in (recipe_folder() / "ablation").glob("*.yaml"))
BEYOND = sorted(path.stem for path in (recipe_folder() / "beyond").glob("*.yaml"))
FOLDERS = {"paper": PAPER, "ablation": ABLATION, "beyond": BEYOND}
EVERY = [f"{folder}/{name}" for folder, names in FOLDERS.items() for name in names] + OTHERS

# What each row of the paper's tables is told apart by; nothing else may differ from the default.
LEARN = "separator.learn.0"
# UNet and ResUNet60 have the windows and the widths of the paper's ResUNet30.
GEOMETRY = {
    "separator.part.arguments.window_size": 1024,
    **{f"separator.part.arguments.widths.{i}": width for i, width in enumerate((32, 64, 128, 256, 512, 1024))},
}
ROWS: dict[str, dict[str, Any]] = {
    "table2-cnn6": {"tagger.weights": "panns-cnn6"},
    "table2-cnn10": {"tagger.weights": "panns-cnn10"},
    "table2-cnn14": {},
    "table2-htsat": {"tagger.weights": "htsat", "tagger.part.name": "htsat"},
    "table2-speaker": {"tagger.weights": None, "tagger.part.name": "speaker"},
    "table2-wav2vec": {"tagger.weights": None, "tagger.part.name": "wav2vec"},
    "table3-embedding": {},
    "table3-segment-prediction": {"condition.name": "soft"},
    "table4-adaptor": {"tagger.mode": "adaptor", "condition.name": "adaptor"},
    "table4-finetune": {"tagger.mode": "finetune"},
    "table4-freeze": {},
    "table4-random": {"tagger.mode": "random"},
    "table4-scratch": {"tagger.mode": "scratch"},
    "table4-shortcut": {"tagger.mode": "shortcut", "condition.name": "shortcut"},
    "table5-convtasnet": {"separator.part.name": "convtasnet"},
    "table5-openunmix": {
        "separator.part.name": "openunmix",
        "separator.part.arguments.window_size": 1024,
        "separator.part.arguments.hop": 320,
    },
    "table5-resunet30": {},
    "table5-resunet60": {"separator.part.name": "resunet60", **GEOMETRY},
    "table5-unet": {"separator.part.name": "unet", **GEOMETRY},
    **{
        f"table6-anchor-{seconds:g}s": {f"{LEARN}.mining.seconds": seconds, "settings.segment_seconds": seconds}
        for seconds in (0.5, 1, 4, 6, 8, 10)
    },
    "table6-anchor-2s": {},
    "table7-detector": {},
    "table7-in-clip-random": {f"{LEARN}.mining.name": "in-clip", "detector.weights": None},  # nobody asks it
    "table7-out-clip-random": {f"{LEARN}.mining.name": "out-clip", "detector.weights": None},  # nobody asks it
    "table8-2-sources": {},
    "table8-3-sources": {f"{LEARN}.mixing.sources": 3, f"{LEARN}.mixing.targets": None},
    "table8-4-sources": {f"{LEARN}.mixing.sources": 4, f"{LEARN}.mixing.targets": None},
    "table9-match": {},
    "table9-none": {f"{LEARN}.mixing.energy": "none"},
    "table9-random": {f"{LEARN}.mixing.energy": "random"},
    "table10-balanced": {},
    "table10-full": {"data.options.subset": "full", "data.store": "stores/audioset-full"},
    "table10-full-long": {
        "data.options.subset": "full",
        "data.store": "stores/audioset-full",
        f"{LEARN}.batch": 64,
        f"{LEARN}.loop.steps": 1_000_000,
    },
}
# What says the same as the base, as a test below holds, would only be done again.
DIFFERENT = [name for name in EVERY if ROWS.get(name.removeprefix("paper/")) != {}]
# Anchors of a length between two others take their way.
STEPPED = [name for name in DIFFERENT if not name.endswith(("anchor-1s", "anchor-6s", "anchor-8s"))]
# What is the same in every row (Sections 3.2 to 3.8 and 4.2 of the paper).
DEFAULT = {
    "data.dataset": "audioset",
    "data.options.subset": "balanced",
    "data.clip_seconds": 10.0,
    "data.sampler": "balanced",
    "tagger.weights": "panns-cnn14",
    "tagger.mode": "freeze",
    "detector.weights": "panns-cnn14-decisionlevelmax",
    "condition.name": "embedding",
    "separator.part.name": "resunet30-paper",
    f"{LEARN}.how": "paper",
    f"{LEARN}.batch": 16,
    f"{LEARN}.loss": "l1",
    f"{LEARN}.mining.name": "detector",
    f"{LEARN}.mining.seconds": 2.0,
    f"{LEARN}.mixing.sources": 2,
    f"{LEARN}.mixing.targets": 1,
    f"{LEARN}.mixing.energy": "match",
    f"{LEARN}.loop.steps": 600_000,
    f"{LEARN}.loop.optimiser": "adam",
    f"{LEARN}.loop.learning_rate": 1e-3,
}


def flat(value: Any, where: str = "") -> dict[str, Any]:
    """All that a recipe says, by dotted keys; empty parts and those that are None are left out."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        parts = [flat(inner, f"{where}.{key}" if where else str(key)) for key, inner in items]
        return {key: inner for part in parts for key, inner in part.items()}
    return {where: value}


def said(recipe: Recipe) -> dict[str, Any]:
    return flat(recipe.model_dump(mode="json"))


def test_every_row_of_the_tables_has_a_recipe():
    assert sorted(["base", *ROWS]) == PAPER
    assert sorted(path.stem for path in recipe_folder().glob("*.yaml")) == OTHERS


def test_the_base_is_the_default_system_of_the_paper():
    assert said(read_recipe("paper/base")).items() >= DEFAULT.items()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_differs_from_the_base_in_what_it_says_and_nothing_else(name):
    base, row = said(read_recipe("paper/base")), said(read_recipe(f"paper/{name}"))
    changed = {key: row.get(key) for key in base.keys() | row.keys() if base.get(key) != row.get(key)}
    assert changed == {"name": name, "folder": f"runs/paper/{name}", **ROWS[name]}


def test_no_two_recipes_share_a_folder_of_results():
    folders = [read_recipe(name).folder for name in EVERY]
    assert len(set(folders)) == len(folders)


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_parts_fit_each_other_in_full_size(name, monkeypatch):
    def published(role: str, source: str) -> Any:
        assert find_model(source).name == source
        spec = {"name": PUBLISHED[source], "arguments": {}}
        return taggers.build(spec["name"]), spec

    monkeypatch.setattr(build, "load_part", published)
    recipe = read_recipe(name)
    if "wav2vec" in name:
        pytest.importorskip("transformers")
    classes = {"my-sounds": 10, "toy": 6}.get(name, 527)
    # Shapes without memory; a shortcut's clone has to hear something as it is built.
    with torch.device("cpu" if recipe.condition.name == "shortcut" else "meta"):
        tagger, spec = build_tagger(recipe.tagger, classes)
        condition, _ = build_condition(recipe.condition, tagger, spec)
    with torch.device("meta"):
        separator, _ = build_separator(recipe.separator, condition.dim)
        detector = tagger if recipe.detector is None else build_tagger(recipe.detector, classes)[0]
    assert separator.condition_dim == condition.dim
    assert tagger.sample_rate == detector.sample_rate == separator.sample_rate == 32000
    assert tagger.classes == detector.classes == classes
    hears = any(
        learning.how == "few clips" or "detector" in several(learning.mining.name)
        for learning in recipe.separator.learn
    )
    assert detector.frame_rate is not None or not hears


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


def take_two_steps(name: str, workshop: Workshop, folder: Path, monkeypatch, more: Sequence[str] = ()) -> Recipe:
    """Run the recipe in its tiny size."""
    monkeypatch.setattr(tasks, "Teacher", MadeUpTeacher)
    for module in (method, separation):  # two steps are measured on a few recordings
        monkeypatch.setattr(module, "HeldOutPairs", functools.partial(HeldOutPairs, most=3))
    dataset, seconds = {
        "my-sounds": ("folder", 4.0),
        "quarter-hour": ("index", 3.0),
        "shared-data": ("index", 3.0),
        "toy": ("toy", 4.0),
    }.get(name, ("index", 5.0) if name.startswith("ablation/") else ("audioset", 10.0))
    if name == "quarter-hour":
        monkeypatch.setattr(tasks, "load_yamnet", lambda _: Yamnet(classes=2))
        (folder / "classes.csv").write_text("index,mid\n0,/m/09x0r\n1,/m/0bt9lr\n")
        more = [f"tagger.learn.teacher_classes={folder / 'classes.csv'}", *more]
    recipe = read_recipe(name, [*workshop.overrides(read_recipe(name), folder, dataset, seconds), *more])
    run(recipe)
    return recipe


@pytest.mark.parametrize("name", STEPPED)
def test_two_real_steps_end_with_a_model(name, workshop, tmp_path, monkeypatch):
    if "wav2vec" in name:
        pytest.importorskip("transformers")
    recipe = take_two_steps(name, workshop, tmp_path, monkeypatch)
    state = load_checkpoint(tmp_path / "separator" / LAST)
    assert state["step"] == 2
    assert moments(state["optimiser"])
    if recipe.tagger.weights is not None:
        before, after = load_file(Path(recipe.tagger.weights) / WEIGHTS), load_file(tmp_path / "separator.safetensors")
        stayed = all(torch.equal(value, after[f"query.{key}"]) for key, value in before.items())
        assert stayed == (recipe.tagger.mode in ("freeze", "shortcut", "adaptor"))
    model = unweave.load_model(model_folder(recipe))
    assert model.name == recipe.name
    if recipe.name in ROWS:  # a trial keeps the name of its row, and must not be taken for it
        assert f"{LEARN}.loop.steps is 2, not" in " ".join(model.card["paper_row"]["differs"])
    assert all(torch.isfinite(weight).all() for weight in model.parameters())
    noise = (0.1 * np.random.default_rng(0).standard_normal((1, 32000))).astype(np.float32)
    soundfile.write(tmp_path / "example.wav", noise[0, ::-1], 32000)
    wanted = model.labels[(model.settings.known or (0,))[0]]
    if name in OTHERS or name == "paper/table3-segment-prediction":
        separates(model, noise, [wanted], classes=[wanted])
    separates(model, noise, ["example"], query=tmp_path / "example.wav")


def test_a_teachers_features_leave_no_trace_in_the_model(workshop, tmp_path, monkeypatch):
    recipe = take_two_steps("shared-data", workshop, tmp_path, monkeypatch, ["tagger.learn.teacher_layer=below"])
    state = load_checkpoint(tmp_path / "tagger" / LAST)
    assert any(key.startswith("towards") for key in state["net"])
    assert not any("towards" in key for key in load_file(model_folder(recipe) / WEIGHTS))


def moments(state: Any) -> bool:
    """Whether an optimiser has seen a gradient that was not zero."""
    if isinstance(state, dict):
        return any(moments(inner) for inner in state.values())
    return isinstance(state, torch.Tensor) and state.ndim > 0 and bool(state.any())


def separates(model: unweave.Model, noise: np.ndarray, names: list[str], **asked: Any) -> None:
    tracks = model.separate(noise, 32000, **asked)
    assert [track.name for track in tracks] == [*names, "residual"]
    assert all(np.isfinite(track.audio).all() for track in tracks)
    np.testing.assert_allclose(sum(track.audio for track in tracks), noise, atol=1e-4)


@pytest.mark.parametrize("what", ["index", "pack", "folder of packs"])
def test_a_row_learns_from_published_packs_as_they_are(what, workshop, tmp_path, monkeypatch):
    packs = tmp_path / "hdf5s" / "waveforms"
    for seed, name in enumerate(["one", "two"]):
        write_pack(packs / f"{name}.h5", seed, samples=320_000)
    write_index(
        tmp_path / "hdf5s" / "indexes" / "train.h5", [(f"{packs}/{n}.h5", packs / f"{n}.h5") for n in ("one", "two")]
    )
    store = {"index": tmp_path / "hdf5s" / "indexes" / "train.h5", "pack": packs / "one.h5"}.get(what, packs)
    more = [f"data.store={store}", "data.root=null", f"data.workers={int(what == 'index')}"]
    recipe = take_two_steps("paper/table2-cnn14", workshop, tmp_path / "run", monkeypatch, more)
    assert load_checkpoint(tmp_path / "run" / "separator" / LAST)["step"] == 2
    assert unweave.load_model(model_folder(recipe)).settings.known is None  # asked by example: no classes to know


def test_every_key_is_read_by_what_trains(tmp_path, monkeypatch):
    """A key that nothing asks for would be without effect, and nobody would be told."""
    read: set[tuple[str, str]] = set()
    for model in models_of(Recipe):
        monkeypatch.setattr(model, "__getattribute__", watched(read))
        if issubclass(model, Strict):
            monkeypatch.setattr(model, "model_dump", noted(read, model.model_dump))
    workshop = Workshop(tmp_path)
    take_two_steps("toy", workshop, tmp_path / "1", monkeypatch)
    take_two_steps("shared-data", workshop, tmp_path / "2", monkeypatch)
    check = [f"{LEARN}.batch=4", f"{LEARN}.mixing.check=true", f"{LEARN}.mixing.threshold=1.0"]
    thaw = ["tagger.mode=finetune", f"{LEARN}.thaw={{after: 1}}"]
    take_two_steps("paper/table2-cnn6", workshop, tmp_path / "3", monkeypatch, [*check, *thaw])
    unread = {(model.__name__, key) for model in models_of(Recipe) for key in keys_of(model)} - read
    # Which way of learning it is, is told by the kind of the model.
    assert {entry for entry in unread if entry[1] != "how"} == set()


def keys_of(model: Any) -> list[str]:
    fields = [field.name for field in dataclasses.fields(model)] if dataclasses.is_dataclass(model) else []
    return fields or list(model.model_fields)


def models_of(annotation: Any) -> set[type]:
    """Every model that stands somewhere in a recipe."""
    if not isinstance(annotation, type):
        return {model for inner in typing.get_args(annotation) for model in models_of(inner)}
    if dataclasses.is_dataclass(annotation):
        return {annotation}
    if not issubclass(annotation, Strict):
        return set()
    return {annotation}.union(*(models_of(field.annotation) for field in annotation.model_fields.values()))


def watched(read: set[tuple[str, str]]) -> Callable[[Any, str], Any]:
    """Notes what is asked for by the modules that train, not by those that read and keep recipes."""
    keeps = {"recipe.py", "reading.py", "loop_settings.py"}

    def getattribute(self: Any, name: str) -> Any:
        asking = Path(sys._getframe(1).f_code.co_filename)
        if asking.parent.name == "training" and asking.parent.parent.name == "unweave" and asking.name not in keeps:
            read.add((type(self).__name__, name))
        return object.__getattribute__(self, name)

    return getattribute


def noted(read: set[tuple[str, str]], dump: Callable[..., Any]) -> Callable[..., Any]:
    """The same of what is handed on by name; what is only written down as the recipe is not meant by that."""

    def model_dump(self: Any, **options: Any) -> Any:
        if options.get("mode") != "json":
            read.update((type(self).__name__, name) for name in options.get("include", ()))
        return dump(self, **options)

    return model_dump

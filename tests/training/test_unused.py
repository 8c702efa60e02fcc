"""Keys that are known and would be without effect are refused; the same keys pass where they have one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from unweave.errors import UnweaveError
from unweave.training.reading import read_recipe, recipe_names

LOOP = {"steps": 2}
PAPER = {"how": "paper", "loop": LOOP}
FEW = {"how": "few clips", "loop": LOOP}
TAGS = {"how": "tags", "loop": LOOP}
TEACHER = {"how": "teacher", "teacher": "t.tflite", "teacher_classes": "t.csv", "loop": LOOP}


def write(folder: Path, learn: dict[str, Any], tagger: dict[str, Any] | None = None) -> Path:
    part = {"name": "small"}
    recipe = {
        "name": "mine",
        "folder": "runs/mine",
        "data": {"store": "stores/mine"},
        "tagger": {"part": part, "learn": tagger},
        "condition": {"name": "soft"},
        "separator": {"part": part, "learn": [learn]},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


LEARN = "separator.learn.0"
# What is refused, where, and what has to be said beside it so that it has an effect.
CASES: list[tuple[dict[str, Any], dict[str, Any] | None, str, str, list[str]]] = [
    (PAPER, None, f"{LEARN}.mixing.threshold=0.3", f"{LEARN}.mixing.threshold", [f"{LEARN}.mixing.check=true"]),
    (PAPER, None, f"{LEARN}.mixing.threshold=classes", f"{LEARN}.mixing.threshold", [f"{LEARN}.mixing.check=true"]),
    (
        PAPER,
        None,
        f"{LEARN}.loop.schedule_steps=5",
        f"{LEARN}.loop.schedule_steps",
        [f"{LEARN}.loop.schedule=published"],
    ),
    (FEW, TAGS, "data.clip_seconds=4", "data.clip_seconds", [f"{LEARN}={{how: paper, loop: {{steps: 2}}}}"]),
    (FEW, TEACHER, "data.sampler=random", "data.sampler", ["tagger.learn={how: tags, loop: {steps: 2}}"]),
    (FEW, None, "data.workers=2", "data.workers", ["tagger.learn={how: tags, loop: {steps: 2}}"]),
    (PAPER, None, "data.root=sounds", "data.root", ["data.dataset=folder"]),
    (PAPER, None, "data.options={labels: own}", "data.options", ["data.dataset=folder", "data.root=sounds"]),
    (FEW, TAGS, "tagger.learn.mixed=waveform", "tagger.learn.mixed", []),
]


@pytest.mark.parametrize(("learn", "tagger", "change", "where", "beside"), CASES)
def test_a_key_without_effect_is_said_and_passes_where_it_has_one(tmp_path, learn, tagger, change, where, beside):
    path = write(tmp_path, learn, tagger)
    without = ["tagger.learn.mixup=0"] if where == "tagger.learn.mixed" else []
    with pytest.raises(UnweaveError) as caught:
        read_recipe(path, [*without, change])
    assert f"{path} is wrong at {where}: this would be without effect, " in str(caught.value)
    read_recipe(path, [*beside, change])


@pytest.mark.parametrize("schedule", ["paper", "published"])
def test_a_warm_up_that_a_schedule_does_not_have_is_said(tmp_path, schedule):
    path = write(tmp_path, PAPER, TAGS)
    for key in (f"{LEARN}.loop", "tagger.learn.loop"):
        with pytest.raises(UnweaveError, match=f"wrong at {key}.warmup: .*schedule: {schedule} has none"):
            read_recipe(path, [f"{key}.schedule={schedule}", f"{key}.warmup=5"])
        read_recipe(path, [f"{key}.schedule=constant", f"{key}.warmup=5"])


def test_weights_of_classes_need_the_balanced_sampler(tmp_path):
    path = write(tmp_path, FEW, TAGS)
    for change in ("tagger.learn.weights={Dog: 2}", "tagger.learn.common=4"):
        read_recipe(path, [change])
        with pytest.raises(UnweaveError, match="sampler: balanced"):
            read_recipe(path, [change, "data.sampler=random"])


def test_a_check_of_sources_that_always_share_their_class_is_said(tmp_path):
    path = write(tmp_path, PAPER)
    with pytest.raises(UnweaveError, match="in-clip always share their class"):
        read_recipe(path, [f"{LEARN}.mixing.check=true", f"{LEARN}.mining.name=in-clip"])


def test_a_detector_that_nobody_asks_is_said(tmp_path):
    path, detector = write(tmp_path, PAPER), "detector.part.name=small"
    read_recipe(path, [detector])
    read_recipe(path, [detector, f"{LEARN}.mining.name=out-clip", f"{LEARN}.mixing.check=true"])
    for changes in ([f"{LEARN}.mining.name=out-clip"], [f"{LEARN}.mining.name=in-clip"], ["separator.learn=[]"]):
        read_recipe(path, changes)
        with pytest.raises(UnweaveError, match="wrong at detector: .*set it to null"):
            read_recipe(path, [detector, *changes])


@pytest.mark.parametrize("name", recipe_names())
def test_a_whole_recipe_as_it_is_shown_can_be_read_again(tmp_path, name):
    """All keys are in it, at the values that they have when they are left out."""
    recipe = read_recipe(name)
    path = tmp_path / "shown.yaml"
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json")))
    assert read_recipe(path) == recipe

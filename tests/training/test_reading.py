"""Recipes as they are read: on top of each other, changed key by key, and explained where they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from unweave.errors import UnweaveError
from unweave.training.reading import find_recipe, merged, read_recipe, recipe_names
from unweave.training.recipe import FewClipsLearning, PaperLearning, TagsLearning

RECIPE: dict[str, Any] = {
    "name": "mine",
    "folder": "runs/mine",
    "data": {"store": "stores/mine"},
    "tagger": {
        "part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}},
        "learn": {"how": "tags", "loop": {"steps": 2}},
    },
    "condition": {"name": "soft", "arguments": {"normalise": True}},
    "separator": {
        "part": {"name": "small", "arguments": {"hidden": 8}},
        "learn": [{"how": "few clips", "loop": {"steps": 2}}, {"how": "paper", "loop": {"steps": 2}}],
    },
}


def write(path: Path, values: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.fixture
def path(tmp_path) -> Path:
    return write(tmp_path / "recipe.yaml", RECIPE)


def test_ways_of_learning_are_told_apart_and_filled_up(path):
    recipe = read_recipe(path)
    assert isinstance(recipe.tagger.learn, TagsLearning)
    assert [type(one) for one in recipe.separator.learn] == [FewClipsLearning, PaperLearning]
    assert recipe.separator.learn[1].loop.steps == 2
    assert recipe.data.clip_seconds == 10.0


def test_keys_inside_of_keys_are_merged():
    base = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert merged(base, {"a": {"c": {"f": 4}}}) == {"a": {"b": 1, "c": {"d": 2, "f": 4}}, "e": 3}
    assert base == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def test_a_part_of_another_name_drops_the_arguments_of_the_one_before():
    base = {"part": {"name": "small", "arguments": {"widths": [1], "hidden": 2}}}
    assert merged(base, {"part": {"name": "unet"}}) == {"part": {"name": "unet", "arguments": {}}}
    assert merged(base, {"part": {"name": "unet", "arguments": {"hop": 3}}})["part"]["arguments"] == {"hop": 3}
    for same in ({"arguments": {"hidden": 3}}, {"name": "small", "arguments": {"hidden": 3}}):
        assert merged(base, {"part": same})["part"]["arguments"] == {"widths": [1], "hidden": 3}


def test_as_many_dictionaries_are_merged_one_by_one_and_other_lists_replaced():
    base = {"learn": [{"a": 1, "b": 2}, {"a": 3}], "widths": [1, 2]}
    assert merged(base, {"learn": [{"b": 5}, {"c": 6}]})["learn"] == [{"a": 1, "b": 5}, {"a": 3, "c": 6}]
    assert merged(base, {"learn": [{"b": 5}]})["learn"] == [{"b": 5}]
    assert merged(base, {"widths": [3, 4]})["widths"] == [3, 4]
    assert merged(base, {"learn": []})["learn"] == []


def test_none_takes_away_what_the_base_has():
    assert merged({"weights": "panns", "mode": "freeze"}, {"weights": None}) == {"weights": None, "mode": "freeze"}


def test_a_recipe_stands_on_others_and_the_last_word_is_its_own(tmp_path):
    (tmp_path / "below").mkdir()
    write(tmp_path / "below/ground.yaml", {**RECIPE, "seed": 1})
    write(tmp_path / "below/middle.yaml", {"base": "ground.yaml", "seed": 2, "half": True})
    top = {"base": "below/middle.yaml", "seed": 3, "condition": {"arguments": {"normalise": False}}}
    recipe = read_recipe(write(tmp_path / "top.yaml", top))
    assert (recipe.seed, recipe.half, recipe.name) == (3, True, "mine")
    assert recipe.condition.arguments == {"normalise": False}


@pytest.mark.parametrize("names", [["one.yaml"], ["one.yaml", "two.yaml"]])
def test_bases_in_a_circle_are_said(tmp_path, names):
    for name, below in zip(names, names[1:] + names[:1], strict=True):
        write(tmp_path / name, {"base": below, "seed": 1})
    with pytest.raises(UnweaveError, match="circles"):
        read_recipe(tmp_path / names[0])


def test_a_missing_base_is_said(tmp_path):
    with pytest.raises(UnweaveError, match=r"nowhere\.yaml, which is missing"):
        read_recipe(write(tmp_path / "recipe.yaml", {"base": "nowhere.yaml"}))


@pytest.mark.parametrize("content", [b"a: [1", b"- 1\n- 2\n", b"", b"just words", b"\xff\xfe\x00", b"a: b: c"])
def test_what_is_no_recipe_is_said(tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(UnweaveError, match=r"broken\.yaml (cannot be read|holds no keys)"):
        read_recipe(path)


def test_overrides_change_single_keys_and_leave_the_rest(path):
    recipe = read_recipe(
        path,
        [
            "seed=7",
            "data.sampler=random",
            "data.dataset=audioset",
            "data.options.subset=full",
            "separator.learn.1.mixing.targets=null",
            "separator.learn.1.mining={name: in-clip, seconds: 4}",
            "separator.learn.0.loop.learning_rate=2.0e-3",
            'separator.learn.0.weights={"": 2}',
            "card.what=a=b",
        ],
    )
    first, second = recipe.separator.learn
    assert isinstance(second, PaperLearning)
    assert (recipe.seed, recipe.data.sampler, recipe.data.options) == (7, "random", {"subset": "full"})
    assert (second.mixing.targets, second.mining.name, second.mining.seconds) == (None, "in-clip", 4)
    assert (first.loop.learning_rate, first.loop.steps) == (2e-3, 2)
    assert first.weights == {"": 2}
    assert recipe.card == {"what": "a=b"}
    assert recipe.separator.part is not None
    assert recipe.separator.part.arguments == {"hidden": 8}


def test_an_override_of_a_name_drops_the_arguments(path):
    recipe = read_recipe(path, ["separator.part.name=unet"])
    assert recipe.separator.part is not None
    assert recipe.separator.part.arguments == {}
    kept = read_recipe(path, ["separator.part.name=small", "separator.part.arguments.hop=320"])
    assert kept.separator.part is not None
    assert kept.separator.part.arguments == {"hidden": 8, "hop": 320}


def test_an_override_goes_into_what_was_none(tmp_path):
    path = write(tmp_path / "recipe.yaml", {**RECIPE, "detector": None})
    recipe = read_recipe(path, ["detector.part.name=small"])
    assert recipe.detector is not None
    assert recipe.detector.part is not None
    assert recipe.detector.part.name == "small"


def test_an_override_of_what_an_alias_shares_changes_one_place(tmp_path):
    loop = {"steps": 2}  # yaml writes what is one object as an anchor and its aliases
    learn = [{"how": "few clips", "loop": loop}, {"how": "paper", "loop": loop}]
    path = write(tmp_path / "recipe.yaml", {**RECIPE, "separator": {**RECIPE["separator"], "learn": learn}})
    assert "loop: *" in path.read_text()
    recipe = read_recipe(path, ["separator.learn.1.loop.steps=9"])
    assert [stretch.loop.steps for stretch in recipe.separator.learn] == [2, 9]


@pytest.mark.parametrize(
    ("override", "where", "meant"),
    [
        ("sead=3", "sead", "seed"),
        ("data.clip_second=3", "data.clip_second", "clip_seconds"),
        ("tagger.wieghts=x", "tagger.wieghts", "weights"),
        ("tagger.part.argument={}", "tagger.part.argument", "arguments"),
        ("tagger.learn.mixap=0.1", "tagger.learn.mixap", "mixup"),
        ("tagger.learn.loop.stesp=3", "tagger.learn.loop.stesp", "steps"),
        ("detector.wieghts=x", "detector.wieghts", "weights"),
        ("condition.nme=x", "condition.nme", "name"),
        ("separator.lern=[]", "separator.lern", "learn"),
        ("separator.learn.0.gains=3", "separator.learn.0.gains", "gain"),
        ("separator.learn.1.mixing.source=3", "separator.learn.1.mixing.source", "sources"),
        ("separator.learn.1.mining.secnds=3", "separator.learn.1.mining.secnds", "seconds"),
        ("separator.learn.1.augmant={}", "separator.learn.1.augmant", "augment"),
        ("separator.learn.1.loop.warm_up=3", "separator.learn.1.loop.warm_up", "warmup"),
    ],
)
def test_an_unknown_key_is_said_with_the_one_that_was_meant(path, override, where, meant):
    with pytest.raises(UnweaveError) as caught:
        read_recipe(path, [override])
    assert f"is wrong at {where}: There is no such key. Did you mean {meant}?" in str(caught.value)


def test_a_suggestion_is_a_key_of_that_way_of_learning(path):
    with pytest.raises(UnweaveError) as caught:
        read_recipe(path, ["separator.learn.1.shares={soft: 1}"])  # the other way has shares
    said = str(caught.value).partition("There is no such key.")[2]
    assert "loop" in said
    assert "share" not in said


@pytest.mark.parametrize(
    ("override", "where"),
    [
        ("seed=many", "seed"),
        ("data.sampler=often", "data.sampler"),
        ("data.clip_seconds=0", "data.clip_seconds"),
        ("data.workers=-1", "data.workers"),
        ("tagger.mode=frozen", "tagger.mode"),
        ("tagger.learn.batch=0", "tagger.learn.batch"),
        ("tagger.learn.loop.steps=some", "tagger.learn.loop.steps"),
        ("tagger.learn.loop.steps=0", "tagger.learn.loop"),
        ("separator.learn.0.shares={softly: 1}", "separator.learn.0.shares.softly"),
        ("separator.learn.1.mixing.sources=5", "separator.learn.1.mixing.sources"),
        ("separator.learn.1.mixing.sources=[2, 5]", "separator.learn.1.mixing.sources.1: "),
        ("separator.learn.1.mixing.sources=[]", "separator.learn.1.mixing.sources: "),
        ("separator.learn.1.mining.seconds=[1, 11]", "separator.learn.1.mining.seconds.1: "),
        ("separator.learn.1.mining.seconds=0.1", "separator.learn.1.mining.seconds"),
        ("separator.learn.1.loss=l2", "separator.learn.1.loss"),
        ("separator.learn.1.loop.schedule=sine", "separator.learn.1.loop.schedule"),
        ("separator.learn.0.how=magic", "separator.learn.0"),
        ("folder=null", "folder"),
    ],
)
def test_a_wrong_value_is_said_with_its_place(path, override, where):
    with pytest.raises(UnweaveError) as caught:
        read_recipe(path, [override])
    assert f"{path} is wrong at {where}" in str(caught.value)


@pytest.mark.parametrize("key", ["name", "folder", "data", "tagger", "condition", "separator"])
def test_a_key_that_is_missing_is_said(tmp_path, key):
    path = write(tmp_path / "recipe.yaml", {name: value for name, value in RECIPE.items() if name != key})
    with pytest.raises(UnweaveError, match=f"is wrong at {key}: "):
        read_recipe(path)


@pytest.mark.parametrize(
    "override",
    [
        "nonsense",
        "name.deep=1",
        "separator.learn.9.batch=1",
        "separator.learn.first.batch=1",
        "separator.learn.name=1",
        "seed=[1",
    ],
)
def test_an_override_that_cannot_be_is_said(path, override):
    with pytest.raises(UnweaveError) as caught:
        read_recipe(path, [override])
    assert repr(override) in str(caught.value)


@pytest.mark.parametrize("name", ["toy", "toy.yaml", "paper/table2-cnn6", "paper/table2-cnn6.yaml"])
def test_the_package_s_recipes_are_found_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = find_recipe(name)
    assert found.is_file()
    assert found.as_posix().endswith(name.removesuffix(".yaml") + ".yaml")
    assert read_recipe(name).name == Path(name).name.removesuffix(".yaml")


def test_a_file_goes_before_the_package_s_recipe_of_that_name(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    path.rename(path.parent / "toy.yaml")
    assert find_recipe("toy.yaml") == Path("toy.yaml")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tooy", "toy.yaml"),
        ("paper/table2-cnn61", "paper/table2-cnn6.yaml"),
        ("paper/table6-anchor-4", "paper/table6-anchor-4s.yaml"),
        ("my-sound", "my-sounds.yaml"),
    ],
)
def test_a_near_miss_of_a_name_is_told_what_was_meant(name, meant):
    with pytest.raises(UnweaveError) as caught:
        find_recipe(name)
    assert f"There is no recipe {name}. Did you mean {meant}?" in str(caught.value)


def test_a_far_miss_is_told_what_there_is():
    with pytest.raises(UnweaveError) as caught:
        find_recipe("something/else/entirely")
    assert all(name in str(caught.value) for name in recipe_names())

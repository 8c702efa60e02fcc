"""What a run has before it is said before it begins, and asking changes nothing of what is learnt."""

import copy
import dataclasses
import time

import pytest
import torch
import yaml
from sounds import write_collection

from unweave.training import forecast as module
from unweave.training.forecast import forecast
from unweave.training.observer import Quiet
from unweave.training.reading import read_recipe
from unweave.training.run import prepared_store

LOOP = {"steps": 2, "warmup": 1, "evaluate_every": 2, "save_every": 1, "log_every": 1}
TAGGER = {"part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}}}
SEPARATOR = {"name": "small", "arguments": {"widths": [4, 4, 4], "hidden": 8}}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    from unweave.training.build import build_separator, build_tagger

    folder = tmp_path_factory.mktemp("forecast")
    write_collection(folder)
    plain = {
        "name": "tiny",
        "folder": str(folder / "run"),
        "data": {"store": str(folder / "store"), "dataset": "index", "root": str(folder / "index.csv")},
        "tagger": {**TAGGER, "learn": {"how": "tags", "batch": 4, "seconds": 1.0, "loop": LOOP}},
        "condition": {"name": "soft"},
        "separator": {"part": SEPARATOR, "learn": [{"how": "few clips", "batch": 2, "loop": LOOP}]},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(plain))
    recipe = read_recipe(folder / "recipe.yaml")
    recipe.folder.mkdir()
    store = prepared_store(recipe, Quiet())
    tagger, _ = build_tagger(recipe.tagger, len(store.vocabulary))
    separator, _ = build_separator(recipe.separator, 527)
    return recipe, store, tagger, separator


def test_all_parts_are_said_with_their_count_and_a_time(given):
    recipe, store, tagger, separator = given
    parts = forecast(recipe, store, tagger, 527, separator)
    clips = len(store.rows("train"))
    assert [(part.what, part.count, part.unit) for part in parts] == [
        ("learning the tagger", 2, "steps"),
        ("listening for anchors", clips, "clips"),
        ("learning the separator", 2, "steps"),
    ]
    assert all(part.seconds > 0 for part in parts)


def test_asking_changes_neither_nets_nor_chance(given):
    recipe, store, tagger, separator = given
    before = [copy.deepcopy(net.state_dict()) for net in (tagger, separator)]
    chance = torch.get_rng_state()
    forecast(recipe, store, tagger, 527, separator)
    assert torch.equal(chance, torch.get_rng_state())
    for net, was in zip((tagger, separator), before, strict=True):
        assert all(torch.equal(was[key], value) for key, value in net.state_dict().items())
        assert all(weight.grad is None for weight in net.parameters())


def test_what_is_done_is_not_said_again_and_large_nets_are_not_tried(given, monkeypatch):
    recipe, store, tagger, separator = given
    monkeypatch.setattr(module, "LARGE", 10)
    parts = forecast(recipe, store, tagger, 527, separator)
    assert [part.seconds for part in parts] == [None, None, None]
    for name in ("tagger.safetensors", "detector.npz"):
        (recipe.folder / name).touch()
    assert [part.what for part in forecast(recipe, store, tagger, 527, separator)] == ["learning the separator"]


def test_the_clock_of_a_recipe_is_the_most_that_is_said(given):
    recipe, *_ = given
    loop = dataclasses.replace(recipe.separator.learn[0].loop, minutes=0.5)
    assert module._at_most(1000.0, loop) == 30 and module._at_most(3.0, loop) == 3 and module._at_most(None, loop) == 30


def test_what_a_busy_machine_makes_a_step_wait_is_not_counted():
    waits = iter([0.5, 0.2, 0.2, 0.2, 0.2])
    assert 0 < module._quickest(lambda: time.sleep(next(waits)), torch.device("cpu")) < 0.15


def test_the_quickest_of_some_goes_counts_and_the_first_one_never():
    rounds, done = [0, 400_000, 1000, 400_000, 400_000], []

    def work():
        done.append(sum(range(rounds[len(done)])))

    def once(number):
        began = time.process_time()
        sum(range(number))
        return time.process_time() - began

    assert module._quickest(work, torch.device("cpu")) < min(once(400_000) for _ in range(5)) and len(done) == 5

"""What is separated unasked is the same in the whole, the light way and the browser, whatever was heard."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exportable import exportable_model
from unweave_light.cut import auto_group as light_group
from unweave_light.nodes import Nodes
from unweave_light.plan import Heard as LightHeard

from unweave.asking.cut import auto_group
from unweave.exporting.description import describe
from unweave.inference.heard import Heard
from unweave.inference.tagging import SegmentTags
from unweave.model import Model

ENGINE = Path(__file__).parents[2] / "docs" / "try" / "engine"
SEGMENTS, HOP, FRAMES = 12, 0.8, 10  # hop in s; frames a second
BROWSER = """
import { readFileSync } from "node:fs";
const [plan, cut, file] = process.argv.slice(2);
const { Nodes, Heard } = await import(plan);
const { autoGroup } = await import(cut);
const { told, cases } = JSON.parse(readFileSync(file));
const nodes = new Nodes(told);
const answers = cases.map(({ clip, frames, seconds }) => {
  const heard = new Heard(told, nodes, seconds);
  heard.clip = heard.own = clip.map((row) => Float32Array.from(row));
  heard.frames = new Map(frames.map(([k, values]) => [k, [[0, values]]]));
  return autoGroup(heard).requests.map(({ node, classes, active, events }) => ({
    name: node.name, classes: classes.sort((a, b) => a - b), active, times: events.map((one) => [one.start, one.end]),
  }));
});
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def whole() -> Model:
    model = exportable_model()
    model.settings = replace(model.settings, known=None, auto_threshold=0.6, overlap_seconds=0.2)
    return model


@pytest.fixture(scope="module")
def recordings(whole: Model) -> list[SegmentTags]:
    """Up to five sounds at their times, each heard as several classes that lie near each other."""
    rng, made = np.random.default_rng(4), []
    nodes = [node for node in whole.ontology.nodes if len(whole.ontology.descendants(node)) > 3]
    for _ in range(60):
        clip = rng.uniform(0, 0.05, (SEGMENTS, 527)).round(3)
        for node in rng.choice(np.array(nodes, object), int(rng.integers(1, 6))):
            below = whole.ontology.descendants(node)
            classes = rng.choice(below, min(len(below), int(rng.integers(1, 4))), replace=False)
            start = int(rng.integers(0, SEGMENTS))
            end = start + int(rng.integers(1, SEGMENTS))
            for index in classes:
                loud = rng.uniform(0.2, 0.95) * rng.uniform(0.8, 1, len(clip[start:end]))
                clip[start:end, index] = np.maximum(clip[start:end, index], loud.round(3))
        frames = {
            int(k): [(0, np.repeat(clip[:, k], round(HOP * FRAMES)).astype(np.float16))]
            for k in np.flatnonzero(clip.max(0) > 0.1)
        }
        seconds = SEGMENTS * HOP
        starts = [number * HOP for number in range(SEGMENTS)]
        made.append(SegmentTags(clip.astype(np.float32), round(seconds * 32000), seconds, starts, frames))
    return made


def known_of(requests: list[Any], mask: Callable[[Any], Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "classes": np.flatnonzero(mask(one)).tolist(),
            "active": one.activity.tolist(),
            "times": [[event.start, event.end] for event in one.events],
        }
        for one in requests
    ]


@pytest.fixture(scope="module")
def expected(whole: Model, recordings: list[SegmentTags]) -> list[list[dict[str, Any]]]:
    return [known_of(auto_group(Heard(whole, tags)).requests, lambda one: one.telling.mask) for tags in recordings]


def test_what_was_heard_here_has_all_that_a_cut_can_give(whole: Model, expected: list[list[dict[str, Any]]]) -> None:
    """Else the tests below would say nothing: tracks of a node, of one below it, and of one below that, and more."""
    above = []
    for requests in expected:
        names = {one["name"] for one in requests}
        above += [len({a.name for a in whole.ontology.ancestors(whole.ontology.find(n))} & names) for n in names]
    assert sum(count > 0 for count in above) > 10 and sum(count > 1 for count in above) > 1 and len(above) > 80


def test_the_light_way_gives_the_same(
    whole: Model, recordings: list[SegmentTags], expected: list[list[dict[str, Any]]]
) -> None:
    told = describe(whole)
    nodes = Nodes(told["nodes"], told["classes"])
    for tags, wanted in zip(recordings, expected, strict=True):
        heard = LightHeard(told, nodes, tags.clip, tags.clip, tags.samples, tags.seconds, frames=tags.frames)
        assert known_of(light_group(heard).requests, lambda one: one.mask) == wanted


def test_the_browser_gives_the_same(
    whole: Model, recordings: list[SegmentTags], expected: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    if (node := shutil.which("node")) is None:
        pytest.skip("needs Node.js")
    cases = [
        {
            "clip": tags.clip.astype(float).tolist(),
            "frames": [[k, pieces[0][1].astype(float).tolist()] for k, pieces in tags.frames.items()],
            "seconds": tags.seconds,
        }
        for tags in recordings
    ]
    (tmp_path / "cases.json").write_text(json.dumps({"told": describe(whole), "cases": cases}))
    for name in ("plan", "cut"):  # a module by its name: there is no package.json that says so
        (tmp_path / f"{name}.mjs").write_text((ENGINE / f"{name}.js").read_text())
    (tmp_path / "main.mjs").write_text(BROWSER)
    words = [node, "main.mjs", "./plan.mjs", "./cut.mjs", "cases.json"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == expected

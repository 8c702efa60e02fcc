from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted_scenes import benchmark, scene
from tiny import tiny_model

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.detection.measurer import DetectionMeasurer
from unweave.evaluation.items import Item, Piece, Scene
from unweave.evaluation.rows import Row
from unweave.evaluation.tracks.levels import LevelMeasurer
from unweave.ontology import Ontology

APART = scene("apart", (0, 0.3, 1.4), (1, 3.3, 2.4), (2, 6.2, 3.0))
TOGETHER = scene("together", (0, 1.0, 4.0), (3, 1.0, 4.0))
WRONG = scene("wrong", (0, 1.0, 2.0), called={0: "Church bell"})


@pytest.fixture
def scenes(tmp_path: Path) -> Benchmark:
    return replace(benchmark(tmp_path, APART, TOGETHER, WRONG), metrics=("tracks",))


def by_level(measurer: LevelMeasurer, one: Scene) -> dict[str, Row]:
    return {str(row["system"]): row for row in measurer([one])}


def test_an_ideal_model_finds_all_and_makes_them_better(scenes: Benchmark) -> None:
    for one, count in ((APART, 3), (TOGETHER, 2)):
        model = tiny_model(threshold=0.4, auto_threshold=0.4)
        rows = by_level(LevelMeasurer(model, scenes), one)
        if one is TOGETHER:  # unasked, what sounds at the same times throughout is taken for one sound
            auto = rows.pop("auto")
            assert (auto["sounds"], auto["tracks"], auto["found"], auto["missed"]) == (2, 1, 1, 1)
        for row in rows.values():
            assert (row["sounds"], row["tracks"], row["found"]) == (count,) * 3, row
            assert row["missed"] == row["invented"] == row["worse"] == 0
            assert one is APART or float(row["sdri"]) > 10


def test_a_track_that_is_the_recording_is_neither_better_nor_worse(scenes: Benchmark) -> None:
    model = tiny_model(threshold=0.3, auto_threshold=0.3, identity=True, exclusive=False)
    for row in by_level(LevelMeasurer(model, scenes), TOGETHER).values():
        assert row["found"] == (1 if row["system"] == "auto" else 2)
        assert row["worse"] == 0 and float(row["sdri"]) == pytest.approx(0, abs=0.05)


def test_what_is_not_there_is_invented_and_what_is_not_heard_missed(scenes: Benchmark) -> None:
    rows = by_level(LevelMeasurer(tiny_model(threshold=0.4), scenes), WRONG)
    assert rows["level 3"]["missed"] == rows["level 3"]["invented"] == 1
    assert rows["level 3"]["found"] == 0 and math.isnan(float(rows["level 3"]["sdri"]))


def test_unasked_a_sound_has_one_track_by_any_name_that_fits(scenes: Benchmark) -> None:
    model = tiny_model(threshold=0.4, auto_threshold=0.4)
    rows = by_level(LevelMeasurer(model, scenes), WRONG)
    assert rows["auto"]["missed"] == rows["auto"]["invented"] == 1 and rows["auto"]["found"] == 0
    model.settings = replace(model.settings, auto_threshold=0.99)
    assert by_level(LevelMeasurer(model, scenes), TOGETHER)["auto"]["missed"] == 2


def test_stereo_scenes_are_taken_apart_too(scenes: Benchmark) -> None:
    wide = replace(APART, channels=2, events=tuple(replace(event, pan=0.5) for event in APART.events))
    rows = by_level(LevelMeasurer(tiny_model(threshold=0.4, auto_threshold=0.4), scenes), wide)
    assert {row["found"] for row in rows.values()} == {3.0}


def test_scenes_are_measured_by_what_their_benchmark_wants(scenes: Benchmark) -> None:
    model = tiny_model()
    measurer = DetectionMeasurer(model, scenes, batch=4)
    assert measurer.systems == ("level 1", "level 2", "level 3", "auto") and measurer.columns == LevelMeasurer.columns
    rows = measurer([APART, WRONG])
    assert [row["system"] for row in rows] == 2 * list(measurer.systems)
    assert {tuple(row) for row in rows} == {("item", "label", "group", "part", "system", *measurer.columns)}
    figures = measurer.summarise(rows)["figures"]["all"]["level 1"]
    assert figures["f1"]["value"] > 0 and figures["sounds"]["value"] == 2.0
    flat = tiny_model()
    flat.ontology = Ontology.flat(label.name for label in flat.ontology.labels)
    assert LevelMeasurer(flat, scenes).systems == ("level 1", "auto")


def test_what_is_no_scene_is_said(scenes: Benchmark) -> None:
    with pytest.raises(UnweaveError, match="no scene"):
        LevelMeasurer(tiny_model(), scenes)([Item("pair", "Dog", (Piece("1.wav"),))])
    assert np.isfinite(LevelMeasurer(tiny_model(), scenes)([APART])[0]["found"])  # type: ignore[arg-type]

from __future__ import annotations

from pathlib import Path

import pytest
from planted_scenes import benchmark, scene
from tiny import NAMES, tiny_model

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.detection.measurer import DetectionMeasurer
from unweave.evaluation.detection.summary import detections
from unweave.evaluation.items import Item, Piece, Scene, SceneEvent
from unweave.evaluation.rows import Row
from unweave.model import Model
from unweave.ontology import Ontology

# At every tone's edge its band rings into silence, which the tiny model hears as a faint something: hence LIMITS.
LIMITS = (0.35, 0.4, 0.45)
APART = scene("apart", (0, 0.3, 1.4), (1, 3.3, 2.4), (2, 6.2, 3.0), (3, 2.2, 0.7))
TOGETHER = scene("together", (0, 1.3, 4.0), (1, 3.3, 4.0))
WRONG = scene("wrong", (0, 1.0, 2.0), (3, 5.0, 3.0), called={0: "Church bell", 3: "Violin, fiddle"})
BELL = Ontology().find("Church bell").mid
ABSENT = Scene("absent", 10.0, (SceneEvent(Piece("silence.wav", 0.0, 4.0), at=1.0, classes=(BELL,)),))


@pytest.fixture
def scenes(tmp_path: Path) -> Benchmark:
    return benchmark(tmp_path, APART, TOGETHER, WRONG, ABSENT)


def counts(row: Row, kind: str) -> tuple[float, ...]:
    return tuple(float(row[f"{kind}_{count}"]) for count in ("tp", "fp", "fn"))


def measure(scenes: Benchmark, *items: Item | Scene, model: Model | None = None) -> list[Row]:
    return DetectionMeasurer(model or tiny_model(threshold=0.4), scenes, LIMITS)(items)


@pytest.mark.parametrize("kind", ["segment", "event"])
@pytest.mark.parametrize("one", [APART, TOGETHER], ids=["apart", "together"])
def test_what_is_found_right_has_an_f1_of_1_at_every_level(scenes: Benchmark, one: Scene, kind: str) -> None:
    found = detections(measure(scenes, one), kind)  # type: ignore[arg-type]
    assert len(found) == 4 * 4
    assert {one.f1.value for one in found} == {one.precision.value for one in found} == {1.0}


@pytest.mark.parametrize("kind", ["segment", "event"])
def test_what_is_wrong_or_absent_has_an_f1_of_0(scenes: Benchmark, kind: str) -> None:
    # Speech and rain are heard; church bell and violin are another branch at every level.
    wrong, absent = measure(scenes, WRONG), measure(scenes, ABSENT)
    for row in wrong:
        tp, fp, fn = counts(row, kind)
        assert tp == 0 and fp > 0 and fn > 0
    assert all(counts(row, kind)[:2] == (0, 0) and counts(row, kind)[2] > 0 for row in absent)
    assert {one.f1.value for one in detections([*wrong, *absent], kind)} == {0.0}  # type: ignore[arg-type]


def test_seconds_and_events_are_counted(scenes: Benchmark) -> None:
    rows = {str(row["system"]): row for row in measure(scenes, APART)}
    # Speech 0.3-1.7, dog 3.3-5.7, siren 6.2-9.2, rain 2.2-2.9: a branch of its own each at level 1
    assert counts(rows["level 1 @ own"], "segment") == (2 + 3 + 4 + 1, 0, 0)
    assert counts(rows["level 1 @ own"], "event") == (4, 0, 0)
    # As classes each is also what stands above it: a dog is a pet and an animal.
    above = [len([a for a in Ontology().ancestors(name) if a.index is not None]) for name in NAMES]
    assert counts(rows["level 0 @ own"], "event") == (4 + sum(above), 0, 0)
    assert counts(rows["level 0 @ own"], "segment") == (
        10 + 2 * above[0] + 3 * above[1] + 4 * above[2] + above[3],
        0,
        0,
    )


def test_same_rows_whatever_stands_around_the_scenes(scenes: Benchmark) -> None:
    measurer = DetectionMeasurer(tiny_model(), scenes)
    alone = [row for one in (APART, WRONG, TOGETHER) for row in measurer([one])]
    assert measurer([APART, WRONG, TOGETHER]) == alone
    assert measurer([TOGETHER, APART])[len(measurer.systems) :] == alone[: len(measurer.systems)]
    assert [row["system"] for row in alone] == 3 * list(measurer.systems)
    assert {tuple(row) for row in alone} == {("item", "label", "group", "part", "system", *measurer.columns)}


def test_a_scene_is_heard_once_for_all_thresholds(scenes: Benchmark) -> None:
    few, many = tiny_model(), tiny_model()
    DetectionMeasurer(few, scenes, (0.5,), levels=(1,))([APART])
    measured = DetectionMeasurer(many, scenes)([APART])
    assert len(measured) == 4 * 16
    assert few.tagger.heard == many.tagger.heard > 0


def test_what_there_is_to_find_is_the_same_at_every_threshold(scenes: Benchmark) -> None:
    for one in (APART, TOGETHER, WRONG, ABSENT):
        rows = DetectionMeasurer(tiny_model(), scenes)([one])
        for level in range(4):
            mine = [row for row in rows if str(row["system"]).startswith(f"level {level} ")]
            for kind in ("segment", "event"):
                assert len({row[f"{kind}_tp"] + row[f"{kind}_fn"] for row in mine}) == 1  # type: ignore[operator]


@pytest.mark.parametrize("own", [0.35, 0.45])
def test_own_is_the_threshold_of_the_models_settings(scenes: Benchmark, own: float) -> None:
    ramp = tuple(own + 0.0 * i for i in range(527))
    for settings in ({"threshold": own}, {"class_thresholds": ramp}):
        rows = measure(scenes, TOGETHER, WRONG, model=tiny_model(**settings))
        by = {
            name: [counts(row, "segment") for row in rows if row["system"] == name]
            for name in {r["system"] for r in rows}
        }
        assert by["level 0 @ own"] == by[f"level 0 @ {own:g}"] and by["level 2 @ own"] == by[f"level 2 @ {own:g}"]


def test_a_model_with_classes_of_its_own_has_one_level(scenes: Benchmark) -> None:
    model = tiny_model(threshold=0.4)
    model.ontology = Ontology.flat(label.name for label in model.ontology.labels)
    assert {name.split(" @")[0] for name in DetectionMeasurer(model, scenes).systems} == {"level 0", "level 1"}
    named = Scene("own", 10.0, (SceneEvent(Piece("1.wav", 0.0, 2.0), at=1.5, classes=("Dog",)),))
    assert {one.f1.value for one in detections(DetectionMeasurer(model, scenes, (0.4,))([named]))} == {1.0}
    with pytest.raises(UnweaveError, match="ontology does not have"):
        DetectionMeasurer(model, scenes)([WRONG])


def test_what_cannot_be_measured_is_said(scenes: Benchmark) -> None:
    with pytest.raises(UnweaveError, match="no scene"):
        measure(scenes, Item("pair", "Dog", (Piece("1.wav"),)))
    deaf = tiny_model()
    deaf.tagger = None
    with pytest.raises(UnweaveError, match="no tagger"):
        DetectionMeasurer(deaf, scenes)

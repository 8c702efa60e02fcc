from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from layouts import MIDS, write_layout

from unweave.audio.energy import rms_db
from unweave.errors import UnweaveError
from unweave.evaluation.audible import LONGEST_SECONDS
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.benchmarks.detection import GAIN_DB, LOUDNESS_DB, SECONDS
from unweave.evaluation.items import Scene, from_plain, to_plain


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_layout("index", tmp_path_factory.mktemp("sounds"), clips_per_class=6, seconds=0.6)


def scenes(benchmark: Benchmark) -> list[Scene]:
    found = [scene for scene in benchmark.items if isinstance(scene, Scene)]
    assert len(found) == len(benchmark.items)
    return found


def rows_of(root: Path) -> dict[str, dict[str, str]]:
    with open(root / "index.csv", newline="", encoding="utf-8") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def test_sounds_of_a_scene_share_neither_class_nor_recording_and_are_held_out(root: Path) -> None:
    listed = rows_of(root)
    made = scenes(benchmarks.build("detection", root=root, scenes=30))
    assert len(made) == 30 and {len(scene.events) for scene in made} == {2, 3, 4}
    for scene in made:
        assert scene.seconds == SECONDS
        classes = [name for event in scene.events for name in event.classes]
        rows = [listed[event.piece.path] for event in scene.events]
        assert len(set(classes)) == len(classes) == len({row["source_group"] for row in rows}) == len(scene.events)
        assert {row["split"] for row in rows} == {"valid"}
        assert [row["audioset_mid"] for row in rows] == classes
        for event in scene.events:
            assert event.piece.seconds is not None and 0.25 <= event.piece.seconds <= LONGEST_SECONDS
            assert 0 <= event.at and event.at + event.piece.seconds <= SECONDS


def test_classes_of_one_recording_never_meet(tmp_path: Path) -> None:
    root = write_layout("index", tmp_path, clips_per_class=3, seconds=0.6)
    listed = rows_of(root)
    for row in listed.values():
        row["source_group"] = f"{row['split']} walk" if row["label"] in ("Dog", "Rain") else row["source_group"]
    with open(root / "index.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(next(iter(listed.values()))))
        writer.writeheader()
        writer.writerows(listed.values())
    made = scenes(benchmarks.build("detection", root=root, scenes=30, sounds=(2, 3)))
    labels = [{listed[event.piece.path]["label"] for event in scene.events} for scene in made]
    assert not any({"Dog", "Rain"} <= one for one in labels)
    assert any("Dog" in one for one in labels) and any("Rain" in one for one in labels)
    with pytest.raises(UnweaveError, match="needs 4 recordings"):
        benchmarks.build("detection", root=root, sounds=(4, 4))


def test_sounds_are_about_equally_loud(root: Path) -> None:
    gains = []
    for scene in scenes(benchmarks.build("detection", root=root, scenes=20)):
        for event in scene.events:
            wave, rate = soundfile.read(root / event.piece.path)
            first = round(event.piece.start * rate)
            level = rms_db(wave[first : first + round((event.piece.seconds or 0) * rate)])
            gains.append(level + event.gain - LOUDNESS_DB)
    assert np.abs(gains).max() <= GAIN_DB + 0.01 and np.ptp(gains) > GAIN_DB


def test_same_scenes_for_the_same_seed_and_through_json(root: Path) -> None:
    one, two, other = (
        benchmarks.build("detection", root=place, scenes=8, seed=seed)
        for place, seed in ((root, 3), (root / "index.csv", 3), (root, 4))
    )
    assert one.items == two.items and one.root == two.root and one.items != other.items
    assert [from_plain(to_plain(scene)) for scene in one.items] == list(one.items)


def test_halves_share_no_recording_and_make_up_all(root: Path) -> None:
    drawn = {
        half: {
            event.piece.path
            for scene in scenes(benchmarks.build("detection", root=root, scenes=60, sounds=(2, 2), half=half))
            for event in scene.events
        }
        for half in ("choose", "report", "all")
    }
    assert not drawn["choose"] & drawn["report"]
    assert drawn["choose"] | drawn["report"] == drawn["all"]
    assert len(drawn["all"]) == 6 * len(MIDS)


def test_every_clip_is_used_before_one_comes_again(root: Path) -> None:
    made = scenes(benchmarks.build("detection", root=root, scenes=12, sounds=[2, 2]))
    assert len({event.piece.path for scene in made for event in scene.events}) == 24


def test_clips_without_a_sound_are_laid_aside_and_said(tmp_path: Path) -> None:
    root = write_layout("index", tmp_path, clips_per_class=2, seconds=0.6)
    listed = [path for path, row in rows_of(root).items() if row["split"] == "valid"]
    soundfile.write(root / listed[0], np.zeros(4800), 8000)
    benchmark = benchmarks.build("detection", root=root, scenes=10, sounds=(2, 3))
    assert listed[0] in benchmark.missing[0] and "1 clips" in benchmark.missing[0]
    assert listed[0] not in {event.piece.path for scene in scenes(benchmark) for event in scene.events}


def test_no_clip_is_drawn_of_data_sets_that_are_left_out(root: Path) -> None:
    datasets = sorted({row["dataset"] for row in rows_of(root).values()})
    with pytest.raises(UnweaveError, match="not enough"):
        benchmarks.build("detection", root=root, without=datasets)
    made = benchmarks.build("detection", root=root, scenes=5, without="joined")
    assert made.items == benchmarks.build("detection", root=root, scenes=5).items
    assert made.options["without"] == "joined"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"half": "both"}, "half is one of"),
        ({"split": "never"}, "train, valid or test"),
        ({"scenes": 0}, "at least 1"),
        ({"sounds": (3, 2)}, "fewest and the most"),
        ({"sounds": "many"}, "two whole numbers"),
        ({"sounds": (5, 5)}, "not enough"),
        ({"split": "test"}, "not enough"),
        ({"seeds": 1}, "Did you mean 'seed'"),
    ],
)
def test_options_that_make_no_sense_are_said(root: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UnweaveError, match=message):
        benchmarks.build("detection", root=root, **options)

"""Scenes as people record them, and sounds at levels: what is in them, how loud, and that halves share nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmark_layouts import tiny_benchmark

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.benchmarks.never_worse import ABSENT, LEVELS, level_part
from unweave.evaluation.benchmarks.scenes import LOUDEST_DB, RANGE_DB, SECONDS
from unweave.evaluation.items import Scene
from unweave.evaluation.scene_sound import scene_stems
from unweave.ontology import Ontology


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_benchmark("scenes", tmp_path_factory.mktemp("folders")).root


def scenes(name: str, root: Path, **options: object) -> list[Scene]:
    made = benchmarks.build(name, root=root, **options).items
    return [scene for scene in made if isinstance(scene, Scene)]


def test_scenes_have_a_bed_and_some_sounds_that_come_again(root: Path) -> None:
    made = scenes("scenes", root, scenes=8)
    assert [scene.channels for scene in made] == [1, 2] * 4
    comings = []
    for scene in made:
        bed, *others = scene.events
        sounds = {event.sound for event in others}
        assert bed.fill and bed.piece.path.startswith("ambient/") and SECONDS[0] <= scene.seconds <= SECONDS[1]
        assert 3 <= len(sounds) <= 6 and not any(event.piece.path.startswith("ambient/") for event in others)
        assert all((event.pan is None) == (scene.channels == 1) for event in others)
        assert all(0 <= event.at <= scene.seconds - (event.piece.seconds or 0) for event in others)
        comings += [sum(event.sound == sound for event in others) for sound in sounds]
    assert set(comings) == {1, 2, 3} and {event.room is None for scene in made for event in scene.events[1:]} == {
        True,
        False,
    }


def test_sounds_differ_in_level_by_what_is_said(root: Path) -> None:
    levels = []
    for scene in scenes("scenes", root, scenes=8):
        dry = Scene(scene.id, scene.seconds, tuple(event for event in scene.events if event.sound and not event.fill))
        for event in dry.events:
            alone = Scene("one", scene.seconds, (event,))
            (wave,) = scene_stems(alone, root, 8000).values()
            first, last = round(event.at * 8000), round((event.at + (event.piece.seconds or 0)) * 8000)
            if event.room is None:
                levels.append(10 * np.log10(np.square(wave[:, first:last]).mean()) - LOUDEST_DB)
    assert max(levels) < 0.5 and min(levels) > -RANGE_DB - 0.5 and np.ptp(levels) > RANGE_DB / 2


def test_no_sound_is_kin_to_another(root: Path) -> None:
    ontology = Ontology()
    for scene in (*scenes("scenes", root, scenes=6), *scenes("never-worse", root, scenes=3)):
        classes = {event.piece.path: event.classes for event in scene.events}
        listed = [mid for mids in classes.values() for mid in mids]
        above = {mid: {node.mid for node in ontology.ancestors(mid)} for mid in listed}
        assert len(set(listed)) == len(listed) and not any(one in above[two] for one in listed for two in listed)


@pytest.mark.parametrize("name", ["scenes", "never-worse"])
def test_halves_share_no_recording(root: Path, name: str) -> None:
    small = {"sounds": (1, 1)} if name == "scenes" else {"levels": [0]}
    used = {}
    for half in ("choose", "report"):
        try:
            made = scenes(name, root, scenes=3, half=half, **small)
        except UnweaveError as error:  # a half of so few recordings may be too small
            assert "not enough" in str(error)
            continue
        used[half] = {event.piece.path for scene in made for event in scene.events}
    assert used and not used.get("choose", set()) & used.get("report", set())


def test_a_target_is_as_loud_over_the_rest_as_its_part_says(root: Path) -> None:
    made = scenes("never-worse", root, scenes=2)
    assert [scene.part for scene in made] == 2 * [*map(level_part, LEVELS), ABSENT]
    for scene in made:
        if scene.part == ABSENT:
            continue
        target, *rest = scene_stems(scene, root, 8000).values()
        event = scene.events[0]
        here = slice(round(event.at * 8000), round((event.at + (event.piece.seconds or 0)) * 8000))
        ratio = np.square(target[:, here]).sum() / np.square(np.sum(rest, axis=0)[:, here]).sum()
        assert 10 * np.log10(ratio) == pytest.approx(float(scene.part.removesuffix(" dB")), abs=0.6)
        assert scene.asked in event.classes


def test_an_absent_class_is_kin_to_nothing_that_is_there(root: Path) -> None:
    ontology = Ontology()
    made = [scene for scene in scenes("never-worse", root, scenes=4) if scene.part == ABSENT]
    assert len(made) == 4
    for scene in made:
        there = [mid for event in scene.events for mid in event.classes]
        kin = {scene.asked, *(node.mid for node in ontology.ancestors(scene.asked))}
        assert not kin & set(there)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("scenes", {"half": "both"}, "half is one of"),
        ("scenes", {"scenes": 0}, "at least 1"),
        ("scenes", {"sounds": (10, 10)}, "not enough"),
        ("scenes", {"beds": ["nosuch"]}, "not enough"),
        ("never-worse", {"levels": []}, "one or more"),
        ("never-worse", {"half": "both"}, "half is one of"),
    ],
)
def test_options_that_make_no_sense_are_said(root: Path, name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(UnweaveError, match=said):
        benchmarks.build(name, root=root, **options)

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmark_layouts import tiny_benchmark

from unweave.evaluation.benchmarks.finest import Finest, finest, kindred
from unweave.ontology import Ontology

ONTOLOGY = Ontology()


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Finest:
    return finest(tiny_benchmark("two-sounds", tmp_path_factory.mktemp("folders")).root)


def tagged(sounds: Finest, *names: str):
    classes = tuple(sorted(index for name in names if (index := ONTOLOGY.find(name).index) is not None))
    return replace(sounds.tested[0], classes=classes, group=" ".join(names))


def test_a_clip_is_called_by_its_finest_class(sounds: Finest) -> None:
    clip = tagged(sounds, "Dog", "Bark", "Animal")
    assert sounds.label(clip) == "Bark" and sounds.asked(clip) == (ONTOLOGY.find("Bark").mid,)
    assert sounds.below(clip, ["Animal"]) and sounds.below(clip, ["Bark"]) and not sounds.below(clip, ["Music"])


def test_clips_without_a_class_are_none_of_them(sounds: Finest) -> None:
    assert all(clip.classes for clip in (*sounds.tested, *sounds.training))


@pytest.mark.parametrize(
    ("one", "two", "kin"),
    [
        ("Dog", "Dog", True),
        ("Dog", "Animal", True),
        ("Bark", "Animal", True),
        ("Dog", "Cat", False),
        ("Dog", "Rain", False),
    ],
)
def test_classes_are_kin_if_one_is_above_the_other(sounds: Finest, one: str, two: str, kin: bool) -> None:
    first, second = tagged(sounds, one), tagged(sounds, two, "Flute")
    assert kindred(first, second) == kindred(second, first) == kin
    assert bool(sounds.sound(first).classes & sounds.sound(second).classes) == kin
    assert kindred(first, replace(second, group=first.group))

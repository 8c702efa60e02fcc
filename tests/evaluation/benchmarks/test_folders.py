"""Mixtures of several data sets of an index: which are drawn, and that no class stands above the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_layouts import FOLDERS, tiny_benchmark

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Item
from unweave.ontology import Ontology


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_benchmark("two-sounds", tmp_path_factory.mktemp("folders")).root


def items(name: str, root: Path, **options: object) -> list[Item]:
    return [item for item in benchmarks.build(name, root=root, **options).items if isinstance(item, Item)]


def folders(item: Item) -> list[str]:
    return [piece.path.split("/")[0] for piece in (*item.target, *item.others)]


def test_every_class_of_every_folder_is_asked_for_as_often(root: Path) -> None:
    made = items("two-sounds", root, each=3)
    named = [label for classes in FOLDERS.values() for label, mid in classes.items() if mid]
    assert sorted(item.label for item in made) == sorted(3 * named)
    assert {folder for item in made for folder in folders(item)} == set(FOLDERS)
    assert {item.classes for item in made} == {(Ontology().find(label).mid,) for label in named}


def test_folders_can_be_chosen(root: Path) -> None:
    made = items("two-sounds", root, datasets=["esc50", "kitchen20"])
    assert {folder for item in made for folder in folders(item)} == {"esc50", "kitchen20"}
    with pytest.raises(UnweaveError, match="no held-out clip .* 'nosuch' or 'nothing'"):
        items("two-sounds", root, datasets=["nosuch", "nothing"])


def test_instruments_are_mixed_with_instruments(root: Path) -> None:
    made = items("instruments", root)
    assert {item.label for item in made} == {"Cowbell", "Flute", "Piano"}
    assert all(set(folders(item)) <= {"philharmonia", "instruments", "berklee"} for item in made)


def test_objects_lie_over_a_bed_whose_class_need_not_be_known(root: Path) -> None:
    made = items("objects", root, each=4)
    assert {item.label for item in made} == {"Blender", "Frying (food)", "Glass"}
    assert {folders(item)[1] for item in made} == {"ambient"} and {item.snr for item in made} == {0.0}
    assert len({piece.path for item in made for piece in item.others}) > 3
    with pytest.raises(UnweaveError, match="no held-out clip .* 'nosuch'"):
        items("objects", root, beds=["nosuch"])
    with pytest.raises(UnweaveError, match="no held-out object of philharmonia"):
        items("objects", root, datasets=["philharmonia"])

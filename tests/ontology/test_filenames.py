from __future__ import annotations

import pytest

from unweave.ontology import Node, Ontology
from unweave.ontology.filenames import ILLEGAL, file_names, safe_name


def node(mid: str, name: str) -> Node:
    return Node(mid=mid, name=name, index=None, children=(), parents=(), level=1)


def test_names_of_audioset_stay_as_they_are_and_differ() -> None:
    ontology = Ontology()
    assert ontology.file_name("Human sounds") == "Human sounds"
    assert ontology.file_name("Bee, wasp, etc.") == "Bee, wasp, etc"
    for level in range(1, 7):
        names = [ontology.file_name(node) for node in ontology.level(level)]
        assert len({name.casefold() for name in names}) == len(names)
        assert not any(ILLEGAL.search(name) or name != name.strip(" .") for name in names)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a/b", "a_b"), ("..", "_"), ("", "_"), ("con", "con_"), ("Residual", "Residual_"), ("x. ", "x"), ("é ü", "é ü")],
)
def test_illegal_names(name: str, stem: str) -> None:
    assert safe_name(name) == stem


def test_long_names_are_cut() -> None:
    assert len(safe_name("x" * 1000)) == 120


def test_names_alike_are_told_apart_by_their_mids() -> None:
    stems = file_names([node("/m/1", "Bell"), node("/m/2", "bell"), node("/m/3", "Rain")])
    assert stems == {"/m/1": "Bell m_1", "/m/2": "bell m_2", "/m/3": "Rain"}

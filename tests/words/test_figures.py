"""How well everyday words are understood, on the half that was looked at and on the half that was put aside."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from unweave.ontology import Ontology

ONTOLOGY = Ontology()


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        import words
    finally:
        sys.path.pop(0)
    return words


@pytest.mark.parametrize("aside", [False, True], ids=["tuned", "aside"])
def test_everyday_words_are_understood(bench: ModuleType, aside: bool) -> None:
    asked = [bench.ask(one, ONTOLOGY) for one in bench.read_queries(ONTOLOGY) if bench.is_aside(one.text) == aside]
    assert len(asked) >= 150
    wrong = [one.said for one in asked if not one.first]
    assert 1 - len(wrong) / len(asked) >= 0.90, wrong
    assert np.mean([one.three for one in asked]) >= 0.96, wrong


def test_what_means_nothing_is_refused(bench: ModuleType) -> None:
    strange = bench.read_meaningless()
    taken = [text for text in strange if not bench.refused(text, ONTOLOGY)]
    assert len(strange) >= 60 and len(taken) <= 0.05 * len(strange), taken
    for aside in (False, True):  # of the half that was put aside, 30 of 32 were refused when it was looked at
        half = [text for text in strange if bench.is_aside(text) == aside]
        assert len(half) >= 30 and len([text for text in taken if text in half]) <= (2 if aside else 0.05 * len(half))


def test_phrases_of_others_are_understood(bench: ModuleType) -> None:
    asked = [bench.ask(one, ONTOLOGY) for one in bench.read_queries(ONTOLOGY, "others")]
    assert np.mean([one.first for one in asked]) >= 0.80 and np.mean([one.three for one in asked]) >= 0.90


def test_a_wrong_answer_counts_as_wrong(bench: ModuleType) -> None:
    def right(text: str, *wanted: str, unwanted: tuple[str, ...] = ()) -> bool:
        sides = [tuple(bench.around(ONTOLOGY.find(name), ONTOLOGY) for name in side) for side in (wanted, unwanted)]
        return bench.ask(bench.Query(text, *sides), ONTOLOGY).first

    assert right("a dog", "Dog") and right("barking", "Dog") and right("a dog", "Bark")  # above and below
    assert not right("a dog", "Cat") and not right("xqzkw", "Cat")
    assert not right("a dog", "Dog", "Rain") and not right("no dogs", "Dog")
    assert not right("nature sounds", "Rain")  # the nodes at the top hold nearly everything

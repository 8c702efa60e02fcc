from __future__ import annotations

import numpy as np
import pytest

from unweave.ontology import Ontology
from unweave.words.bm25 import BM25
from unweave.words.index import Index, load
from unweave.words.search import Search
from unweave.words.word import Word


@pytest.fixture(scope="module")
def index() -> Index:
    return load().of(Ontology().nodes)


def phrase(text: str) -> list[Word]:
    return [Word(word, 1.0) for word in text.split()]


def best(scores: np.ndarray) -> str:
    return Ontology().nodes[int(scores.argmax())].name


def test_names_share_all_their_words_and_mean_the_same(index: Index) -> None:
    search = Search(index)
    for name in ("Helicopter", "Smoke detector, smoke alarm", "Church bell"):
        node = next(i for i, node in enumerate(Ontology().nodes) if node.name == name)
        scores = search.scores(phrase(name.lower().split(",")[0]))
        assert scores.shared[node] == pytest.approx(1) and scores.meaning[node] == pytest.approx(1, abs=1e-3)
        for values in (scores.shared, scores.meaning, scores.described):
            assert values.shape == (632,) and values.min() >= 0 and values.max() <= 1 + 1e-6


def test_meaning_is_near_without_a_word_in_common(index: Index) -> None:
    scores = Search(index).scores(phrase("automobiles"))
    assert best(scores.meaning) in ("Car", "Motor vehicle (road)", "Vehicle")


def test_unknown_words_count_against_a_phrase(index: Index) -> None:
    search = Search(index)
    alone = search.scores(phrase("helicopter"))
    beside = search.scores([*phrase("helicopter"), Word("xqzkw", 1.0, False)])
    assert beside.shared.max() < alone.shared.max() and beside.meaning.max() == pytest.approx(alone.meaning.max() / 2)
    nothing = search.scores([Word("xqzkw", 1.0, False)])
    assert not nothing.shared.any() and not nothing.meaning.any() and not nothing.described.any()


def test_bm25_reads_descriptions(index: Index) -> None:
    assert best(BM25(index).scores(phrase("campanology"))) == "Change ringing (campanology)"
    assert not BM25(index).scores([]).any()

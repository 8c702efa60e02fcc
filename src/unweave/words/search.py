"""How well each node of the ontology fits a phrase: the words that both have, and how near their meanings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unweave.words.bm25 import BM25
from unweave.words.index import Index, Texts, Vectors
from unweave.words.tokens import stem
from unweave.words.word import Word

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """How well N nodes fit, each (N,), 0 to 1, larger is better.

    Attributes:
        shared: words in common with the best of a node's names and aliases; 1 if they are the same.
        meaning: cosine between the phrase and the nearest of a node's names and aliases, 0 where negative.
        described: BM25 of a node's names, aliases and description, as a part of the best node's.
    """

    shared: Floats
    meaning: Floats
    described: Floats


class Search:
    """Answers for one index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._once = _stems_once(index)
        self._rarity = _rarity(self._once, len(index.mids), len(index.stems))
        self._length = _sums(self._rarity[self._once.ids], self._once)
        self._vectors = _unit(_sum_of_vectors(index, index.phrases))
        self._bm25 = BM25(index)

    def scores(self, phrase: Sequence[Word]) -> Scores:
        """How well every node fits."""
        return Scores(self._shared(phrase), self._meaning(phrase), self._bm25.scores(phrase))

    def _shared(self, phrase: Sequence[Word]) -> Floats:
        weights = np.zeros(len(self.index.stems))
        strange = 0.0
        for word in phrase:
            number = self.index.stems.get(stem(word.text))
            if number is None:
                strange += word.weight * float(self._rarity.max(initial=1.0))
            else:
                weights[number] = max(weights[number], word.weight)
        # A phrase's own words count in full where the request has them at all, so that "tape hiss" is found in
        # "hiss of an old tape"; what the request says beside them counts against it.
        both = _sums((weights * self._rarity)[self._once.ids], self._once)
        asked = float((weights * self._rarity).sum()) + strange
        cosine = both / np.sqrt(np.maximum(self._length * asked, 1e-9))
        return _best(cosine, self.index.phrases.owners, len(self.index.mids))

    def _meaning(self, phrase: Sequence[Word]) -> Floats:
        known = [word for word in phrase if word.known and word.text in self.index.words]
        numbers = [self.index.words[word.text] for word in known]
        weights = self.index.weights[numbers] * np.array([word.weight for word in known], np.float32)
        total = sum(word.weight for word in phrase)
        if not known or not total:
            return np.zeros(len(self.index.mids))
        query = _unit((weights @ self.index.vectors[numbers])[None])[0]
        share = sum(word.weight for word in known) / total
        cosine = np.maximum(self._vectors @ query, 0) * share
        return _best(cosine.astype(np.float64), self.index.phrases.owners, len(self.index.mids))


def _sum_of_vectors(index: Index, texts: Texts) -> Vectors:
    """The weighted sum of each text's vectors, (texts, E); texts of one length are added up together."""
    vectors = np.zeros((len(texts.starts), index.vectors.shape[1]), np.float32)
    lengths = texts.lengths
    for length in np.flatnonzero(np.bincount(lengths)):
        rows = np.flatnonzero(lengths == length)
        for place in range(length):
            ids = texts.ids[texts.starts[rows] + place]
            vectors[rows] += index.vectors[ids] * index.weights[ids, None]
    return vectors


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit


def _sums(values: Floats, texts: Texts) -> Floats:
    sums: Floats = np.add.reduceat(values, texts.starts)
    return sums


def _best(values: Floats, owners: NDArray[np.int64], count: int) -> Floats:
    best = np.zeros(count)
    np.maximum.at(best, owners, values)
    return best


def _stems_once(index: Index) -> Texts:
    """The phrases as stems, each once a phrase ("woof woof" says no more than "woof")."""
    phrases, stems = index.phrases, len(index.stems)
    number = np.arange(len(phrases.starts))
    pairs = _distinct(np.repeat(number, phrases.lengths) * stems + index.stem_of[phrases.ids])
    return Texts(pairs % stems, np.searchsorted(pairs // stems, number), phrases.owners)


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each number once, ascending; numpy's `unique` takes ten times as long when it is first called."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _rarity(texts: Texts, nodes: int, stems: int) -> Floats:
    """How rare each stem is among the nodes: log(1 + nodes / nodes that have it)."""
    pairs = _distinct(np.repeat(texts.owners, texts.lengths) * stems + texts.ids)
    rarity: Floats = np.log1p(nodes / np.maximum(np.bincount(pairs % stems, minlength=stems), 1))
    return rarity

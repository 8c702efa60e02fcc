"""A phrase as nodes of the ontology: the nearest, and whether it is near enough to count as understood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unweave.ontology import Node
from unweave.words.index import Index
from unweave.words.phrase import weighted
from unweave.words.search import Search
from unweave.words.tokens import FUNCTION, NEGATIONS, STOP, stem, words

# How the three scores are put together; chosen by aliases that were left out of the index (benchmarks/words.py).
SHARED, MEANING, DESCRIBED = 0.3, 1.0, 0.3
NAMED_SO = 1.0  # more for a node that is called just so, and as much again where that is its whole name
OF_SHARED = 0.4  # weight of shared words against meaning, in how sure it is
UNDERSTOOD = 0.57  # sure enough to count as understood: 93 of 100 random pairs of words are less
AS_GOOD = 0.97  # part of the best node's score from which another node is meant as well
SEVERAL = 3  # nodes that one phrase may mean


@dataclass(frozen=True)
class Found:
    """One node that fits a phrase.

    Attributes:
        node: the node.
        score: for ordering.
        sure: how near the phrase is, by shared words and meaning, 0 to 1.
    """

    node: Node
    score: float
    sure: float


class Reader:
    """Reads phrases against one ontology.

    Args:
        index: words and their meanings.
        nodes: of the ontology.
    """

    def __init__(self, index: Index, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.index = index.of(nodes)
        self.search = Search(self.index)

    @cached_property
    def _named(self) -> Collection[str]:
        return dict.fromkeys(self.index.named)

    @cached_property
    def _names(self) -> dict[str, list[int]]:
        """The nodes of every name and alias, by its stems written together ("lawn mower" is "lawnmower")."""
        stems, texts = list(self.index.stems), self.index.phrases
        spelled = [stems[number] for number in self.index.stem_of[texts.ids].tolist()]
        starts = texts.starts.tolist()
        names: dict[str, list[int]] = {}
        for start, end, owner in zip(starts, [*starts[1:], len(spelled)], texts.owners.tolist(), strict=True):
            names.setdefault("".join(spelled[start:end]), []).append(owner)
        return names

    def _named_by(self, phrase: str) -> list[int]:
        """The nodes that are called so, up to endings, spaces, and an article or the like in front."""
        typed = words(phrase)
        while not FUNCTION.issuperset(typed):
            if owners := self._names.get("".join(map(stem, typed))):
                return owners
            if typed[0] not in STOP - NEGATIONS:
                break
            typed = typed[1:]
        return []

    def is_name(self, phrase: str) -> bool:
        """Whether a phrase is a name or an alias of a node."""
        return bool(self._named_by(phrase))

    def ranked(self, phrase: str) -> list[Found]:
        """Every node that fits at all, the best first."""
        scores = self.search.scores(weighted(phrase, self.index.words, self._named))
        total = SHARED * scores.shared + MEANING * scores.meaning + DESCRIBED * scores.described
        sure = (OF_SHARED * scores.shared + scores.meaning) / (OF_SHARED + 1)
        if exact := self._named_by(phrase):
            total[exact] += NAMED_SO
            sure[exact] = 1.0
            called = "".join(map(stem, words(phrase)))
            total[[i for i in exact if "".join(map(stem, words(self.nodes[i].name))) == called]] += NAMED_SO
        order = np.argsort(-total, kind="stable")
        return [Found(self.nodes[i], float(total[i]), float(sure[i])) for i in order if total[i] > 0]

    def meant(self, phrase: str) -> tuple[Node, ...]:
        """The nodes that a phrase means, the best first: one, or some that fit as well; none if it is not understood.

        A node inside of another that is meant says nothing new and is left out.
        """
        found = self.ranked(phrase)
        if not found or found[0].sure < UNDERSTOOD:
            return ()
        near = [one.node for one in found[:SEVERAL] if one.score >= AS_GOOD * found[0].score]
        return tuple(node for node in near if node is near[0] or not self._inside(node, near))

    def _inside(self, node: Node, others: list[Node]) -> bool:
        above, waiting, by_mid = set(), list(node.parents), {one.mid: one for one in self.nodes}
        while waiting:
            mid = waiting.pop()
            above.add(mid)
            waiting += by_mid[mid].parents
        return any(other.mid in above for other in others)

"""BM25 (Robertson and Zaragoza 2009) over what the nodes are called and described by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unweave.words.index import Index
from unweave.words.tokens import STOP, stem
from unweave.words.word import Word

SATURATION = 1.2  # k1
LENGTH = 0.4  # b; long lists of aliases are no fault of a node


class BM25:
    """Scores of all nodes, as a part of the best one's.

    Args:
        index: whose nodes.
        often: how many times a name or an alias counts, against once for the description.
    """

    def __init__(self, index: Index, often: int = 2) -> None:
        texts = [index.phrases, index.descriptions]
        owners = np.concatenate([np.repeat(part.owners, part.lengths) for part in texts])
        times = np.concatenate([np.full(len(part.ids), once) for part, once in zip(texts, (often, 1), strict=True)])
        ids = index.stem_of[np.concatenate([part.ids for part in texts])]
        self._stems = index.stems
        kept = ~np.isin(ids, [self._stems[word] for word in STOP if word in self._stems])
        self._nodes = nodes = len(index.mids)
        pairs, place = np.unique(ids[kept] * nodes + owners[kept], return_inverse=True)
        counts = np.bincount(place, weights=times[kept])
        rows, self._owners = pairs // nodes, pairs % nodes
        length = np.bincount(self._owners, weights=counts, minlength=nodes)
        share = 1 - LENGTH + LENGTH * length / max(float(length.mean()), 1e-9)
        nodes_with = np.bincount(rows, minlength=len(self._stems))
        rarity = np.log1p((nodes - nodes_with + 0.5) / (nodes_with + 0.5))
        self._gains = rarity[rows] * counts * (SATURATION + 1) / (counts + SATURATION * share[self._owners])
        self._ends = np.searchsorted(rows, np.arange(len(self._stems) + 1))

    def scores(self, phrase: Sequence[Word]) -> NDArray[np.float64]:
        """How well every node fits, (N,), 0 to 1."""
        found = np.zeros(self._nodes)
        for word in phrase:
            number = self._stems.get(stem(word.text))
            if number is not None:
                row = slice(self._ends[number], self._ends[number + 1])
                found[self._owners[row]] += word.weight * self._gains[row]
        best = float(found.max(initial=0.0))
        return found / best if best > 0 else found

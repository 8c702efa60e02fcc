"""The index: words with their vectors, and what each node of the ontology is called and described by.

It is made by `benchmarks/words_index.py`; `assets/README.md` names what it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from unweave.ontology import Node
from unweave.ontology.lookup import aliases
from unweave.words.tokens import stem, words

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Texts:
    """Many short texts, one after the other.

    Attributes:
        ids: numbers of their words.
        starts: where in `ids` each text begins.
        owners: the node that each text is about.
    """

    ids: Ids
    starts: Ids
    owners: Ids

    @property
    def lengths(self) -> Ids:
        """How many words each text has."""
        return np.diff(np.append(self.starts, len(self.ids)))

    @classmethod
    def of(cls, texts: Iterable[tuple[int, Sequence[int]]]) -> Texts:
        """From pairs of an owner and the numbers of the words; texts without a word are left out."""
        rows = [(owner, row) for owner, row in texts if row]
        lengths = np.array([0] + [len(row) for _, row in rows])
        flat = [number for _, row in rows for number in row]
        owners = np.array([owner for owner, _ in rows], np.int64)
        return cls(np.array(flat, np.int64), np.cumsum(lengths)[:-1].astype(np.int64), owners)


@dataclass(frozen=True)
class Index:
    """What is looked in.

    Attributes:
        mids: of the N nodes.
        words: number of each of the V words.
        vectors: of the words, (V, E).
        weights: how much a word says, (V,); frequent words say little.
        named: the words that names, aliases and descriptions are made of.
        stems: number of each stem of those words.
        stem_of: for each word the number of its stem, (V,); -1 for words that are in no text.
        phrases: names and aliases of the nodes.
        descriptions: what AudioSet says of them.
    """

    mids: tuple[str, ...]
    words: dict[str, int]
    vectors: Vectors
    weights: Vectors
    named: tuple[str, ...]
    stems: dict[str, int]
    stem_of: Ids
    phrases: Texts
    descriptions: Texts

    def of(self, nodes: Sequence[Node]) -> Index:
        """The same for another set of nodes: what is known of AudioSet's, the bare names of all others."""
        if tuple(node.mid for node in nodes) == self.mids:
            return self
        place = {mid: number for number, mid in enumerate(self.mids)}
        wanted = {place[node.mid]: number for number, node in enumerate(nodes) if node.mid in place}

        def kept(texts: Texts) -> list[tuple[int, list[int]]]:
            rows = zip(texts.owners.tolist(), np.split(texts.ids, texts.starts[1:]), strict=True)
            return [(wanted[owner], ids.tolist()) for owner, ids in rows if owner in wanted]

        known, stems = dict(self.words), dict(self.stems)
        phrases, descriptions = kept(self.phrases), kept(self.descriptions)
        named = {word: None for word in self.named}
        for number, node in enumerate(nodes):
            if node.mid not in place:
                for text in sorted(aliases(node.name)):
                    row = words(text)
                    named |= dict.fromkeys(row)
                    phrases.append((number, [known.setdefault(word, len(known)) for word in row]))
        new = len(known) - len(self.words)
        stem_of = np.pad(self.stem_of, (0, new), constant_values=-1)
        for word in named:
            stem_of[known[word]] = stems.setdefault(stem(word), len(stems))
        return Index(
            tuple(node.mid for node in nodes),
            known,
            np.pad(self.vectors, ((0, new), (0, 0))),
            np.pad(self.weights, (0, new), constant_values=1.0),
            tuple(named),
            stems,
            stem_of,
            Texts.of(phrases),
            Texts.of(descriptions),
        )


@lru_cache(maxsize=1)
def load() -> Index:
    """The index in the package."""
    with resources.as_file(resources.files("unweave.words") / "assets" / "index.npz") as path, np.load(path) as file:

        def lines(name: str) -> list[str]:
            text: str = file[name].tobytes().decode("ascii")
            return text.split("\n")

        def texts(name: str) -> Texts:
            return Texts(*(file[f"{name}_{part}"].astype(np.int64) for part in ("ids", "starts", "owners")))

        spelled, stem_of = lines("words"), file["stem_of"].astype(np.int64)
        return Index(
            tuple(lines("mids")),
            {word: number for number, word in enumerate(spelled)},
            file["vectors"].astype(np.float32) * file["scale"],
            file["weights"].astype(np.float32),
            tuple(spelled[: len(stem_of)]),
            {text: number for number, text in enumerate(lines("stems"))},
            np.pad(stem_of, (0, len(spelled) - len(stem_of)), constant_values=-1),
            texts("phrases"),
            texts("descriptions"),
        )

"""How well `--text` understands: everyday queries with right answers, and strings that mean nothing.

    python benchmarks/words.py [--half tuned|aside|both] [--others] [--left-out] [--wrong]

The queries and the rule by which half of them was put aside are in `tests/data/words`. A query counts as right if it is
taken apart into as many wanted and unwanted parts as its answer has and if each part's first node is (or, "among
three", one of its best three are) a right one or lies above or below a right one in the ontology; the nodes at the top,
which hold nearly everything, count only where they are named. A query that is refused is wrong.

`--others` asks with phrases that somebody else made up: labels of VGGSound (Chen et al. 2020) that are no names of
AudioSet, with right answers by us.

`--left-out` asks with the aliases themselves, a quarter at a time, after taking that quarter out of the index (every
third of them): what to expect of words that nobody has written down for any node.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from words_index import ASSETS, read_aliases

from unweave.errors import UnweaveError
from unweave.ontology import Node, Ontology
from unweave.words.index import Texts, load
from unweave.words.reading import Reader
from unweave.words.understanding import candidates, understand

DATA = Path(__file__).parents[1] / "tests/data/words"
FOLDS, EVERY = 4, 3


@dataclass(frozen=True)
class Query:
    """One query: its parts, each with the mids that are right for it."""

    text: str
    wanted: tuple[frozenset[str], ...]
    unwanted: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a query."""

    text: str
    first: bool
    three: bool
    said: str


def is_aside(text: str) -> bool:
    """The rule: odd CRC-32."""
    return zlib.crc32(text.encode()) % 2 == 1


def around(node: Node, ontology: Ontology) -> frozenset[str]:
    """The mids of a node and of those above and below it, without the nodes at the top."""
    found, waiting = {node.mid}, list(node.children)
    while waiting:
        mid = waiting.pop()
        found.add(mid)
        waiting += ontology.graph.nodes[mid].children
    return frozenset(found | {above.mid for above in ontology.ancestors(node) if above.parents})


def read_queries(ontology: Ontology, name: str = "queries") -> list[Query]:
    """All queries of a file."""
    named = {node.name: node for node in ontology.nodes}

    def parts(cell: str) -> tuple[frozenset[str], ...]:
        return tuple(
            frozenset().union(*(around(named[name], ontology) for name in part.split("|")))
            for part in cell.split(" + ")
            if part
        )

    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        return [Query(row["query"], parts(row["wanted"]), parts(row["unwanted"])) for row in csv.DictReader(file)]


def read_meaningless() -> list[str]:
    """All strings that mean nothing."""
    with open(DATA / "meaningless.csv", encoding="utf-8", newline="") as file:
        return [row["query"] for row in csv.DictReader(file)]


def ask(query: Query, ontology: Ontology) -> Outcome:
    """Ask and compare."""
    try:
        found = understand(query.text, ontology)
    except UnweaveError as error:
        return Outcome(query.text, False, False, str(error))
    if (len(found.wanted), len(found.unwanted)) != (len(query.wanted), len(query.unwanted)):
        return Outcome(query.text, False, False, found.sentence)
    pairs = list(zip((*found.wanted, *found.unwanted), (*query.wanted, *query.unwanted), strict=True))
    first = all(part.understood[0].mid in right for part, right in pairs)
    three = all(any(one.mid in right for one in candidates(part.text, ontology)) for part, right in pairs)
    return Outcome(query.text, first, first or three, found.sentence)


def refused(text: str, ontology: Ontology) -> bool:
    """Whether a string is refused."""
    try:
        understand(text, ontology)
    except UnweaveError:
        return True
    return False


def left_out(ontology: Ontology) -> tuple[int, float, float, float]:
    """Number of aliases asked with, and the parts whose first node was right, one of three, and that were refused."""
    index, everyday = load(), read_aliases(ASSETS / "aliases.txt")
    named = {node.name: node for node in ontology.nodes}
    right: dict[str, set[str]] = {}
    for name, aliases in everyday.items():
        for text in aliases:
            right.setdefault(text, set()).update(around(named[name], ontology))
    outcomes = []
    for fold in range(FOLDS):
        out = sorted(text for text in right if zlib.crc32(text.encode()) % FOLDS == fold)
        phrases = _without(index.phrases, list(index.words), set(out))
        reader = Reader(dataclasses.replace(index, phrases=phrases), ontology.nodes)
        for text in out[::EVERY]:
            best = [one.node.mid in right[text] for one in reader.ranked(text)[:3]]
            outcomes.append((best[:1] == [True], any(best), not reader.meant(text)))
    shares = np.mean(outcomes, axis=0)
    return len(outcomes), float(shares[0]), float(shares[1]), float(shares[2])


def _without(texts: Texts, spelled: Sequence[str], out: set[str]) -> Texts:
    rows = zip(texts.owners.tolist(), np.split(texts.ids, texts.starts[1:]), strict=True)

    def kept() -> Iterator[tuple[int, list[int]]]:
        for owner, ids in rows:
            if " ".join(spelled[number] for number in ids) not in out:
                yield owner, ids.tolist()

    return Texts.of(kept())


def report(name: str, asked: Sequence[Outcome], wrong: bool) -> None:
    """One line, and if wanted one for each that was wrong."""
    first, three = (float(np.mean([getattr(one, place) for one in asked])) for place in ("first", "three"))
    print(f"{name}: {len(asked)} queries, first {first:.3f}, among three {three:.3f}")
    for one in asked if wrong else ():
        if not one.first:
            print(f"  {one.text!r}: {one.said}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuned", "aside", "both", "none"), default="both")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--left-out", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="name what was wrong")
    given = parser.parse_args()
    ontology = Ontology()
    for half in ("tuned", "aside") if given.half == "both" else (given.half,) if given.half != "none" else ():
        asked = [ask(query, ontology) for query in read_queries(ontology) if is_aside(query.text) == (half == "aside")]
        strange = [text for text in read_meaningless() if is_aside(text) == (half == "aside")]
        taken = [text for text in strange if not refused(text, ontology)]
        report(half, asked, given.wrong)
        print(f"{half}: {len(strange)} meaningless strings, refused {1 - len(taken) / len(strange):.3f}")
        for text in taken if given.wrong else ():
            print(f"  taken: {understand(text, ontology).sentence}")
    if given.others:
        asked = [ask(query, ontology) for query in read_queries(ontology, "others")]
        report("others' phrases", asked, given.wrong)
    if given.left_out:
        count, first, three, not_taken = left_out(ontology)
        print(f"aliases left out: {count}, first {first:.3f}, among three {three:.3f}, refused {not_taken:.3f}")


if __name__ == "__main__":
    main()

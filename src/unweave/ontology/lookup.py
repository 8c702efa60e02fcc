"""Finding a node by what people type: exact first, then loosely, then suggestions."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

from unweave.errors import UnweaveError
from unweave.ontology.graph import Node

SUGGESTIONS = 5
CLOSE = 0.5  # similarity from which a name is worth suggesting, 0 to 1
FEW = 30  # classes that are all named
EVERYDAY = {  # what people call the stems of a song, where AudioSet has other names or several
    "drums": "Drum kit",
    "bass": "Bass guitar",
    "vocal": "Singing",
    "vocals": "Singing",
    "strings": "Bowed string instrument",
}
SHORTEST_PART = 3  # letters that a text needs before it may stand for a longer name
LONGEST = 200  # letters of a text that could be the name of a class; comparing takes time by their number
SHOWN = 60  # letters of a longer one in the sentence that refuses it


def find_by_text(nodes: Iterable[Node], text: str) -> Node:
    """The node that `text` names.

    Everyday words for the stems of a song stand for their class. Then the first rule with exactly one node decides:
    the mid or the name as written; the name up to case and
    punctuation; the same in the singular; one item of a comma list or the name without its brackets, then these in the
    singular; all words of the text in the name; all words of the text at the beginning of words of the name.

    Raises:
        UnweaveError: no node, or several; the message suggests up to five.
    """
    nodes = list(nodes)
    longest = max([LONGEST, *(len(node.name) for node in nodes)])
    if len(text) > longest:
        raise UnweaveError(
            f"A name of {len(text)} letters, {text[:SHOWN]!r}..., is no class; classes are called in {longest} at most."
        )
    everyday = EVERYDAY.get(plain(text), text)
    text = everyday if any(node.name == everyday for node in nodes) else text
    wanted = plain(text)
    stems = singular(wanted)
    long_enough = len(wanted) >= SHORTEST_PART
    rules: list[Callable[[Node], bool]] = [
        lambda node: text.strip() in (node.mid, node.name),
        lambda node: wanted == plain(node.name),
        lambda node: stems == singular(plain(node.name)),
        lambda node: wanted in aliases(node.name),
        lambda node: stems in {singular(alias) for alias in aliases(node.name)},
        lambda node: long_enough and set(stems.split()) <= set(singular(plain(node.name)).split()),
        lambda node: long_enough and _begin_words(wanted, plain(node.name)),
    ]
    several: list[Node] = []
    if wanted:
        for rule in rules:
            hits = [node for node in nodes if rule(node)]
            if len(hits) == 1:
                return hits[0]
            several = several or hits
    if several:
        fitting = sorted(several, key=lambda node: -_similarity(wanted, node.name))[:SUGGESTIONS]
        raise UnweaveError(f"{text!r} could be several classes; did you mean {_listed(fitting)}?")
    close = suggest(nodes, text)
    if close:
        hint = f"did you mean {_listed(close)}?"
    elif len(nodes) <= FEW:
        hint = f"there are {', '.join(node.name for node in nodes)}."
    else:
        hint = "classes are called as in AudioSet's ontology."
    raise UnweaveError(f"There is no class {text!r}; {hint}")


def suggest(nodes: Iterable[Node], text: str) -> list[Node]:
    """Up to five nodes whose names are most like `text`, the likest first; none if nothing is close."""
    wanted = plain(text)
    scored = [(_similarity(wanted, node.name, CLOSE), node) for node in nodes] if wanted else []
    scored = [pair for pair in scored if pair[0] >= CLOSE]
    return [node for _, node in sorted(scored, key=lambda pair: (-pair[0], len(pair[1].name)))[:SUGGESTIONS]]


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Words in lower case, without accents and punctuation, one space apart."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("'", "")
    return " ".join(re.findall(r"[^\W_]+", letters))


@lru_cache(maxsize=4096)
def singular(words: str) -> str:
    """Each word of `words` without an English plural ending; crude, but the same for both sides of a comparison."""

    def stem(word: str) -> str:
        if len(word) > 4 and word.endswith("ies"):
            return word[:-3] + "y"
        if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
            return word[:-2]
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word

    return " ".join(stem(word) for word in words.split())


@lru_cache(maxsize=4096)
def aliases(name: str) -> frozenset[str]:
    """What else a node goes by: the items of its comma list, and its name without what stands in brackets."""
    bare = re.sub(r"\([^)]*\)", " ", name)
    parts = {name, bare, *name.split(","), *bare.split(",")}
    return frozenset(words for words in map(plain, parts) if words and words != "etc")


def _begin_words(wanted: str, name: str) -> bool:
    words = name.split()
    return all(any(word.startswith(part) for word in words) for part in wanted.split())


def _similarity(wanted: str, name: str, least: float = 0.0) -> float:
    """How like a name is to what was typed, 0 to 1: two swapped letters are one slip. Below `least`, any number."""
    best = 0.0
    for alias in aliases(name):
        possible = _possible(wanted, alias)
        if possible <= best or possible < least:
            continue
        slips = 1 - _distance(wanted, alias) / max(len(wanted), len(alias))
        best = max(best, slips, difflib.SequenceMatcher(None, wanted, alias).ratio() - 0.05)
    return best


def _possible(wanted: str, alias: str) -> float:
    """What two texts with these letters can be alike at most, in whatever order: told in a hundredth of the time."""
    have = _letters(alias)
    common = sum(min(count, have.get(letter, 0)) for letter, count in _letters(wanted).items())
    longest, both = max(len(wanted), len(alias)), len(wanted) + len(alias)
    return max(1 - (longest - common) / longest, 2 * common / both - 0.05)


@lru_cache(maxsize=4096)
def _letters(text: str) -> dict[str, int]:
    return dict(Counter(text))


def _distance(a: str, b: str) -> int:
    """Letters to insert, delete, replace or swap with their neighbour to make `b` from `a`."""
    table = [[i + j for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            replaced = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, replaced)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def _listed(nodes: list[Node]) -> str:
    names = [f"{node.name!r}" for node in nodes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

"""Words as what they ask for: nodes of the ontology that are wanted, and nodes that are not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import shorten
from weakref import WeakKeyDictionary

from unweave.errors import UnweaveError
from unweave.ontology import Node, Ontology
from unweave.words.grammar import parse
from unweave.words.index import load
from unweave.words.learnt import Learnt
from unweave.words.reading import Found, Reader
from unweave.words.tokens import said, words

EXAMPLE = "say it as in 'a dog barking', 'dogs and birds' or 'music without drums'"
MARKUP = re.compile(r"[<>{}\[\]\\|=*^~`@#$%]|://|\.\./")
NAMED = 3  # names that are suggested


@dataclass(frozen=True)
class Part:
    """One sound that words ask for.

    Attributes:
        text: the words.
        understood: the nodes that they mean, the best first.
        nodes: the nodes to ask the model for: those of `understood` that it has learnt, or what stands in for them.
        note: a sentence about what stands in; empty if nothing does.
    """

    text: str
    understood: tuple[Node, ...]
    nodes: tuple[Node, ...]
    note: str = ""


@dataclass(frozen=True)
class Understood:
    """What words ask for: one track of all that is wanted, less all that is unwanted.

    Attributes:
        text: the words as they were given.
        wanted: parts that are asked for; empty if everything is, but `unwanted`.
        unwanted: parts that are to be left out.
    """

    text: str
    wanted: tuple[Part, ...]
    unwanted: tuple[Part, ...]

    @property
    def everything_but(self) -> bool:
        """Whether the whole recording is asked for, less what is unwanted."""
        return not self.wanted

    @property
    def wanted_nodes(self) -> tuple[Node, ...]:
        """The nodes that are asked for, each once."""
        return _once(self.wanted)

    @property
    def unwanted_nodes(self) -> tuple[Node, ...]:
        """The nodes that are to be left out, each once."""
        return _once(self.unwanted)

    @property
    def sentence(self) -> str:
        """One line for people: which names of AudioSet were understood, and what stands in for which."""
        wanted = ", ".join(node.name for node in self.wanted_nodes) or "everything"
        unwanted = " and ".join(node.name for node in self.unwanted_nodes)
        less = f" {'without' if self.wanted else 'but'} {unwanted}" if unwanted else ""
        notes = "".join(f" {part.note}" for part in (*self.wanted, *self.unwanted) if part.note)
        return f'"{self.text}" -> {wanted}{less}.{notes}'


def understand(text: str, ontology: Ontology, known: Collection[int] | None = None) -> Understood:
    """What words ask for.

    Args:
        text: such as "a dog barking in the distance", "dogs and birds", "everything but the speech" or "music without
            drums".
        ontology: whose nodes are meant; classes of one's own are known by their names.
        known: indexes of the classes that the model has learnt; None if all.

    Raises:
        UnweaveError: nothing was said, or far too much; a part is not understood (the sentence gives the three
            nearest names); or the model has learnt neither what a part means nor anything near it.
    """
    reader = _reader(ontology)
    line = said(text)
    if MARKUP.search(line):
        raise _refused(line, reader)
    request = parse(line, reader.is_name)
    if not request.wanted and not request.unwanted:
        raise _refused(line, reader)
    learnt = Learnt(ontology, known)
    wanted, unwanted = (_parts(side, reader, learnt) for side in (request.wanted, request.unwanted))
    return Understood(line, wanted, unwanted)


def stand_in(node: Node, ontology: Ontology, known: Collection[int] | None) -> Node | None:
    """What to ask a model for in place of a node of which it has learnt nothing; None if nothing is near.

    Args:
        node: that was asked for by its name.
        ontology: the model's.
        known: indexes of the classes that the model has learnt; None if all.
    """
    return Learnt(ontology, known).instead(node, _reader(ontology).ranked(node.name))


def candidates(text: str, ontology: Ontology, count: int = NAMED) -> list[Node]:
    """The `count` nodes that fit one phrase best, understood or not."""
    return [one.node for one in _reader(ontology).ranked(text)[:count]]


def _parts(phrases: Sequence[str], reader: Reader, learnt: Learnt) -> tuple[Part, ...]:
    parts = []
    for place, phrase in enumerate(phrases):
        meant = reader.meant(phrase)
        if not meant and place + 1 < len(phrases):
            meant = _borrowed(phrase, phrases[place + 1], reader)
        if not meant:
            raise _refused(phrase, reader)
        parts.append(_learnt(phrase, meant, reader, learnt))
    return tuple(parts)


def _borrowed(phrase: str, following: str, reader: Reader) -> tuple[Node, ...]:
    """What a phrase means with the last word of the next one ("male and female voices"), if that makes a difference."""
    meant = reader.meant(f"{phrase} {following.split()[-1]}")
    return () if meant == reader.meant(following) else meant


def _learnt(phrase: str, meant: tuple[Node, ...], reader: Reader, learnt: Learnt) -> Part:
    """The part, with what the model has learnt of it."""
    if nodes := tuple(node for node in meant if learnt.holds(node)):
        return Part(phrase, meant, nodes)
    names = " or ".join(node.name for node in meant)
    found = reader.ranked(phrase)
    instead = next((one for node in meant if (one := learnt.instead(node, found)) is not None), None)
    if instead is None:
        near = _listed([one for one in found if learnt.tells(one.node)])
        raise UnweaveError(
            f"{phrase!r} is understood as {names}, which this model has not learnt, nor anything near it"
            + (f"; the nearest that it has learnt are {near}." if near else ".")
        )
    return Part(phrase, meant, (instead,), f"This model has not learnt {names}; {instead.name} is taken for it.")


def _refused(phrase: str, reader: Reader) -> UnweaveError:
    found = reader.ranked(phrase)
    if len(found) < NAMED:  # no word of it means anything: what is written most alike

        def alike(node: Node) -> float:
            return difflib.SequenceMatcher(None, phrase.casefold()[:60], node.name.casefold()).quick_ratio()

        found = [Found(node, 0, 0) for node in sorted(reader.nodes, key=alike, reverse=True)]
    hint = "" if words(phrase) else f" Please {EXAMPLE}."
    return UnweaveError(
        f"{shorten(phrase, 80)!r} is not a sound that is known here; the nearest are {_listed(found)}.{hint}"
    )


def _listed(found: Sequence[Found]) -> str:
    names = [one.node.name for one in found[:NAMED]]
    return " and ".join(["; ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _once(parts: Sequence[Part]) -> tuple[Node, ...]:
    return tuple({node.mid: node for part in parts for node in part.nodes}.values())


_READERS: WeakKeyDictionary[Ontology, Reader] = WeakKeyDictionary()


def _reader(ontology: Ontology) -> Reader:
    if ontology.is_audioset:
        return _audioset()
    if ontology not in _READERS:
        _READERS[ontology] = Reader(load(), ontology.nodes)
    return _READERS[ontology]


@lru_cache(maxsize=1)
def _audioset() -> Reader:
    return Reader(load(), Ontology().nodes)

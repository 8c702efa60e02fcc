"""By words: "a dog barking", "dogs and birds", "everything but the speech", "music without drums"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.classes import node_request
from unweave.asking.needs import needs_classes
from unweave.errors import UnweaveError
from unweave.inference.hierarchy import Mask, node_activity, node_mask
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling, VectorTelling
from unweave.inference.wish import Prepared
from unweave.ontology.filenames import safe_name, unique_names
from unweave.words.grammar import as_caption
from unweave.words.tokens import said
from unweave.words.understanding import Understood, understand

if TYPE_CHECKING:
    from torch import Tensor

    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording
    from unweave.networks import Networks
    from unweave.ontology import Node

FOLDER = "text"


@ways.register("words")
@dataclass(frozen=True)
class Words(Way):
    """One group, with one request for each text.

    Models that are asked by class are told the classes that the words mean; models that are steered by words are told
    the words.

    Attributes:
        texts: each once.
    """

    texts: tuple[str, ...]

    look = Look(
        option="--text",
        metavar="WORDS",
        help="A sound in words.",
        argument="text",
        setting="text",
        place=50,
    )

    @classmethod
    def of(cls, given: Any) -> Words | None:
        """Texts that are not empty."""
        texts = tuple(dict.fromkeys(_text(one) for one in several(given)))
        return cls(texts) if texts else None

    @classmethod
    def means(cls, what: Any) -> bool:
        """Text that is understood."""
        from unweave.ontology import Ontology
        from unweave.words.understanding import understand

        if not isinstance(what, str):
            return False
        try:
            understand(what, Ontology())
        except UnweaveError:
            return False
        return True

    def plain(self) -> list[Any]:
        """As they were given."""
        return list(self.texts)

    def check(self, model: Networks) -> Sequence[str]:
        """One of them must be understood; what was understood is said, and what was not."""
        if model.condition is not None and model.condition.by_words:
            captions = [as_caption(text) for text in self.texts]
            model.condition.from_words([caption for caption, _ in captions])
            return [
                f'"{text}" -> {"everything but " if rest else ""}"{caption}", in the model\'s own understanding.'
                for text, (caption, rest) in zip(self.texts, captions, strict=True)
            ]
        needs_classes(model)
        meant, faults = self._able(model)
        return [*(one.sentence for one in meant.values()), *faults]

    def faults(self, model: Networks) -> Sequence[str]:
        """A sentence for each text that has no track."""
        return () if model.condition is not None and model.condition.by_words else self._able(model)[1]

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed; and not even those where words steer."""
        if model.condition is not None and model.condition.by_words:
            captions = [as_caption(text) for text in self.texts]
            vectors = model.condition.from_words([caption for caption, _ in captions])
            return Prepared(partial(self._told, vectors, [rest for _, rest in captions]))
        return Prepared(self._groups)

    def _able(self, model: Networks) -> tuple[dict[str, Understood], list[str]]:
        """What each text means, and a sentence for each that means nothing which the model has learnt.

        Raises:
            UnweaveError: none of them does.
        """
        able, faults = {}, []
        for text in self.texts:
            try:
                meant = understand(text, model.ontology, model.settings.known)
                if not meant.everything_but and not _mask(model, meant).any():
                    raise UnweaveError(
                        f"Nothing is left of {text!r}: {', '.join(node.name for node in meant.unwanted_nodes)} "
                        "holds all that is asked for."
                    )
                able[text] = meant
            except UnweaveError as error:
                faults.append(str(error))
        if not able:
            raise UnweaveError(" ".join(faults))
        return able, faults

    def _told(self, vectors: Tensor, rests: Sequence[bool], heard: Heard) -> list[Group]:
        """Every text, told everywhere."""
        everywhere = np.ones(len(heard.tags.clip), dtype=bool)
        requests = [
            Request(text, file, VectorTelling(vector), everywhere, query=text, rest=rest)
            for text, file, vector, rest in zip(self.texts, _files(self.texts), vectors, rests, strict=True)
        ]
        return [Group(FOLDER, None, requests)]

    def _groups(self, heard: Heard) -> list[Group]:
        """The classes that each text means."""
        able, _ = self._able(heard.model)
        requests = [
            _request(heard, meant, text, file) for (text, meant), file in zip(able.items(), _files(able), strict=True)
        ]
        return [Group(FOLDER, None, requests)]


def _files(texts: Iterable[str]) -> list[str]:
    return unique_names([safe_name(text) for text in texts])


def _request(heard: Heard, meant: Understood, text: str, file: str) -> Request:
    """One node is asked for as by its name; several, or a node without some of its classes, as a group of classes."""
    nodes = meant.unwanted_nodes if meant.everything_but else meant.wanted_nodes
    mask = _mask(heard.model, meant)
    if len(nodes) == 1 and (mask == _one(heard.model, nodes[0])).all():
        request = node_request(heard, nodes[0], file)
        request.name, request.query = text, text
    else:
        gate = heard.model.settings.class_gate if heard.threshold is None else heard.threshold
        probability = node_activity(heard.tags.clip, [mask])[:, 0]
        request = Request(
            name=text,
            file=file,
            telling=ClassesTelling(mask),
            activity=probability >= gate,
            query=text,
            probability=float(probability.max(initial=0)),
            strength=float(probability.sum()),
        )
        loud = probability >= max(heard.limits[mask].min(), gate)
        request.events = heard.events(nodes[0], mask, loud, probability)
    if meant.everything_but:
        request.rest, request.mid, request.probability, request.events = True, None, None, []
    return request


def _mask(model: Networks, meant: Understood) -> Mask:
    """The classes that are asked for, or, of "everything but", those that are left out, (K,)."""
    unwanted = _any(model, meant.unwanted_nodes)
    return unwanted if meant.everything_but else _any(model, meant.wanted_nodes) & ~unwanted


def _any(model: Networks, nodes: Sequence[Node]) -> Mask:
    mask = np.zeros(len(model.ontology.labels), dtype=bool)
    for node in nodes:
        mask |= _one(model, node)
    return mask


def _one(model: Networks, node: Node) -> Mask:
    return node_mask(model, node, alone=not model.settings.by_name)


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise UnweaveError(f"{ascii(text)[:60]} is no text; say in words what is wanted, as in 'a dog barking'.")
    return said(text)

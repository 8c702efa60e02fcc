"""By class: a class or another node of the ontology, by its name, its mid or its index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.needs import needs_classes
from unweave.errors import UnweaveError
from unweave.inference.hierarchy import known_mask, node_activity, node_mask
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling
from unweave.inference.wish import Prepared
from unweave.ontology.filenames import safe_name, unique_names
from unweave.ontology.lookup import suggest

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording
    from unweave.networks import Networks
    from unweave.ontology import Node, Ontology

FOLDER = "classes"


@ways.register("class")
@dataclass(frozen=True)
class Classes(Way):
    """One group, with one request for each class in the order asked.

    Attributes:
        names: names, mids or indexes, each once.
    """

    names: tuple[str | int, ...]

    look = Look(
        option="--class",
        metavar="NAME",
        help="A class by name, mid or index.",
        argument="classes",
        setting="classes",
        place=20,
    )

    @classmethod
    def of(cls, given: Any) -> Classes | None:
        """Text, or whole numbers."""
        names = tuple(dict.fromkeys(_name(one) for one in several(given)))
        return cls(names) if names else None

    @classmethod
    def means(cls, what: Any) -> bool:
        """An index, or what AudioSet has a name or a mid for."""
        from unweave.ontology import Ontology

        if isinstance(what, bool) or not isinstance(what, (str, int)):
            return False
        try:
            Ontology().find(what)
        except UnweaveError:
            return False
        return True

    def plain(self) -> list[Any]:
        """As they were given."""
        return list(self.names)

    def check_names(self, ontology: Ontology) -> None:
        """One of them must be there; the others are left out with a sentence (`check`)."""
        self.found(ontology)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know classes, and one of these or something near; gives a sentence for each of the others."""
        needs_classes(model)
        return self.able(model)[1]

    def faults(self, model: Networks) -> Sequence[str]:
        """A sentence for each name that has no track."""
        return self.able(model)[1]

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed; what stands in for something is said."""
        return Prepared(self.groups, sentences=self.able(model)[2])

    def groups(self, heard: Heard) -> list[Group]:
        """All that was asked for, whether it sounds or not."""
        nodes, *_ = self.able(heard.model)
        files = unique_names([safe_name(node.name) for node in nodes])
        requests = [node_request(heard, told, file) for file, told in zip(files, nodes.values(), strict=True)]
        for node, request in zip(nodes, requests, strict=True):
            request.name = node.name
        return [Group(FOLDER, None, requests)]

    def found(self, ontology: Ontology) -> tuple[list[Node], list[str]]:
        """The nodes that are called so, each once, and a sentence for each name that calls none.

        Raises:
            UnweaveError: there is no node at all.
        """
        nodes: dict[Node, None] = {}
        faults = []
        for name in self.names:
            try:
                nodes[ontology.find(name)] = None
            except UnweaveError as error:
                faults.append(str(error))
        if not nodes:
            raise UnweaveError(" ".join(faults))
        return list(nodes), faults

    def able(self, model: Networks) -> tuple[dict[Node, Node], list[str], list[str]]:
        """What the model is told for each node that is asked for: itself, or what stands in for it.

        And a sentence for each name that has no track, and for each that something stands in for.

        Raises:
            UnweaveError: there is nothing to ask the model for.
        """
        nodes, faults = self.found(model.ontology)
        told, notes = {}, []
        for node in nodes:
            if _learnt(model, node):
                told[node] = node
            elif (instead := _stand_in(model, node)) is not None:
                told[node] = instead
                notes.append(f"The model {model.name} has not learnt {node.name!r}; {instead.name!r} is taken for it.")
            else:
                faults.append(_unlearnt(model, node))
        if not told:
            raise UnweaveError(" ".join(faults))
        return told, faults, notes


def _learnt(model: Networks, node: Node) -> bool:
    return bool(node_mask(model, node, alone=not model.settings.by_name).any())


def _stand_in(model: Networks, node: Node) -> Node | None:
    """The nearest relative that the model has learnt, as for `--text`."""
    from unweave.words.understanding import stand_in

    instead = stand_in(node, model.ontology, model.settings.known)
    return instead if instead is not None and _learnt(model, instead) else None


def _unlearnt(model: Networks, node: Node) -> str:
    known = known_mask(model)
    able = [one for one in model.ontology.nodes if one.index is not None and known[one.index]]
    close = ", ".join(one.name for one in suggest(able, node.name)) or f"{able[0].name} or {able[-1].name}"
    return f"The model {model.name} has not learnt {node.name!r}; it knows, for example, {close}."


def node_request(heard: Heard, node: Node, file: str) -> Request:
    """What was asked for by name, where it is heard.

    Who asks has heard something, so that little is enough; but where far less is heard of it than where it is heard
    best, it is something else.

    Args:
        heard: the recording.
        node: of which the model has learnt something.
        file: stem of its file.
    """
    model, tags, limits = heard.model, heard.tags, heard.limits
    mask = node_mask(model, node, alone=not model.settings.by_name)
    probability = node_activity(tags.clip, [mask])[:, 0]
    gate = heard.threshold
    if gate is None:
        gate = max(model.settings.class_gate, model.settings.class_share * float(probability.max(initial=0)))
    loud = probability >= max(limits[mask].min(), gate)
    asked = node.index if model.settings.by_name and node.index is not None and mask[node.index] else None
    return Request(
        name=node.name,
        file=file,
        telling=ClassesTelling(mask, asked),
        activity=probability >= gate,
        mid=node.mid,
        probability=float(probability.max(initial=0)),
        strength=float(probability.sum()),
        events=heard.events(node, mask, loud, probability),
    )


def _name(name: Any) -> str | int:
    if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
        raise UnweaveError(f"{ascii(name)[:60]} is no class; give its name, its mid or its index.")
    return name

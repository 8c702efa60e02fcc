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
        """They must be there."""
        self.nodes(ontology)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know classes, and these among them."""
        needs_classes(model)
        for node in self.nodes(model.ontology):
            check_learnt(model, node)
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed."""
        return Prepared(self.groups)

    def groups(self, heard: Heard) -> list[Group]:
        """All that was asked for, whether it sounds or not."""
        nodes = self.nodes(heard.model.ontology)
        files = unique_names([safe_name(node.name) for node in nodes])
        requests = [node_request(heard, node, file) for file, node in zip(files, nodes, strict=True)]
        return [Group(FOLDER, None, requests)]

    def nodes(self, ontology: Ontology) -> list[Node]:
        """The nodes that are called so, each once."""
        return list(dict.fromkeys(ontology.find(name) for name in self.names))


def check_learnt(model: Networks, node: Node) -> None:
    """Refuse a node of which the model has learnt nothing."""
    if not node_mask(model, node, alone=not model.settings.by_name).any():
        known = known_mask(model)
        able = [one for one in model.ontology.nodes if one.index is not None and known[one.index]]
        close = ", ".join(one.name for one in suggest(able, node.name)) or f"{able[0].name} or {able[-1].name}"
        raise UnweaveError(f"The model {model.name} has not learnt {node.name!r}; it knows, for example, {close}.")


def node_request(heard: Heard, node: Node, file: str) -> Request:
    """What was asked for by name, all of it; gated low, since who asks has heard something.

    Args:
        heard: the recording.
        node: of which the model has learnt something.
        file: stem of its file.
    """
    model, tags, limits = heard.model, heard.tags, heard.limits
    gate = model.settings.class_gate if heard.threshold is None else heard.threshold
    mask = node_mask(model, node, alone=not model.settings.by_name)
    probability = node_activity(tags.clip, [mask])[:, 0]
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

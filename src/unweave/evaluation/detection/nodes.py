"""Events of classes as events of nodes: where a dog sounds, an animal does (children(j) of Algorithm 4)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import TINY, Occurrence
from unweave.inference.heard import events_of
from unweave.inference.hierarchy import node_mask
from unweave.inference.tagging import SegmentTags
from unweave.model import Model
from unweave.ontology import Ontology

CLASSES = 0  # the level of all nodes that are classes, however fine


class NodeLevel:
    """The nodes of a level, for what is true and for what a model says.

    Level 0 holds all classes, coarse ones beside fine ones, each with what is below it, as every level has it: who says
    "Dog" says "Animal" too, and where a dog sounds, "Animal" is right. F1 there is the hierarchical one (Kiritchenko et
    al., *Learning and Evaluation in the Presence of Class Hierarchies*, 2006).

    Args:
        model: whose ontology it is, and who says something.
        level: of the ontology, or 0 for the classes.

    Raises:
        UnweaveError: there is no such level.
    """

    def __init__(self, model: Model, level: int) -> None:
        self.model, self.level = model, level
        ontology = model.ontology
        everything = ontology.nodes if level == CLASSES else ontology.level(level)
        self.nodes = [node for node in everything if level != CLASSES or node.index is not None]
        self._masks = np.stack([node_mask(model, node) for node in self.nodes])  # (J, K)
        self._mids = {node.mid for node in self.nodes}

    def true_events(self, events: Iterable[Occurrence]) -> list[Occurrence]:
        """The events of the nodes that hold the events' classes, by all edges of the graph.

        Raises:
            UnweaveError: a class that the model's ontology does not have.
        """
        return joined(
            Occurrence(mid, event.onset, event.offset)
            for event in events
            for mid in _above(self.model.ontology, event.label) & self._mids
        )

    def said_events(self, tags: SegmentTags, limits: NDArray[np.float32]) -> list[Occurrence]:
        """The events that `unweave tag` finds, of nodes: a node sounds when one of its classes passes its threshold.

        Args:
            tags: what the model heard.
            limits: threshold of every class, (K,).
        """
        heard = np.zeros(self._masks.shape[1], bool)
        heard[list(tags.frames)] = True
        masks = self._masks & heard
        return [
            Occurrence(self.nodes[place].mid, event.start, event.end)
            for place in np.flatnonzero(masks.any(1)).tolist()
            for event in events_of(tags, masks[place], limits, "", "")
        ]


def joined(events: Iterable[Occurrence]) -> list[Occurrence]:
    """Events of one name that overlap or touch are one: a dog and a cat at the same time are one stretch of animal."""
    found: list[Occurrence] = []
    for event in sorted(events):
        if found and found[-1].label == event.label and event.onset <= found[-1].offset + TINY:
            before = found.pop()
            event = Occurrence(event.label, before.onset, max(before.offset, event.offset))
        found.append(event)
    return found


def _above(ontology: Ontology, label: str) -> set[str]:
    """Mids of the node and of all that hold it."""
    try:
        node = ontology.find(label)
    except UnweaveError as error:
        raise UnweaveError(
            f"The scenes hold the class {label!r}, which the model's ontology does not have; "
            "measure a model that has the classes of the scenes."
        ) from error
    return {node.mid, *(above.mid for above in ontology.ancestors(node))}

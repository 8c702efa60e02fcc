"""What stands in for a class that a model has not learnt: the node above it, or what comes nearest in meaning."""

from __future__ import annotations

from collections.abc import Collection

from unweave.ontology import Node, Ontology


class Learnt:
    """What a model has learnt.

    Args:
        ontology: the model's.
        known: indexes of the classes that it has learnt; None if all.
    """

    def __init__(self, ontology: Ontology, known: Collection[int] | None) -> None:
        self.ontology = ontology
        self.known = None if known is None else frozenset(known)

    def holds(self, node: Node) -> bool:
        """Whether the model has learnt a class in or below the node."""
        below = self.ontology.descendants(node)
        return bool(below) if self.known is None else not self.known.isdisjoint(below)

    def above(self, node: Node) -> Node | None:
        """The nearest node above that says something of the sound and holds what was learnt.

        Nodes that only order the ontology ("Sounds of things", "Onomatopoeia") say nothing: those at the top, and
        those right below that are no class themselves.
        """
        for parent in self.ontology.ancestors(node):
            telling = parent.level > 2 or (parent.level == 2 and parent.index is not None)
            if telling and self.holds(parent):
                return parent
        return None

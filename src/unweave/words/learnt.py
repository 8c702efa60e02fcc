"""What stands in for a class that a model has not learnt: the node above it, or what comes nearest in meaning."""

from __future__ import annotations

from collections.abc import Collection

from unweave.ontology import Node, Ontology

FEW = 10  # classes of a node that is no class itself and yet says what a sound is


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

        Classes come first, then nodes deep in the ontology or with few classes: those that only order it ("Sounds of
        things", "Onomatopoeia") say nothing.
        """
        above = [parent for parent in self.ontology.ancestors(node) if self.holds(parent)]
        classes = [parent for parent in above if parent.index is not None]
        small = [parent for parent in above if parent.level > 2 or len(self.ontology.descendants(parent)) <= FEW]
        return next(iter(classes or small), None)

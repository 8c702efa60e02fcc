"""What stands in for a class that a model has not learnt: the node above it, or what comes nearest in meaning."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from unweave.ontology import Node, Ontology
from unweave.words.reading import UNDERSTOOD, Found

FEW = 10  # classes of a node that is no class itself and yet says what a sound is
NEAR = 0.65  # how sure it must be that something of no kin is near enough
AKIN = 0.4  # how sure it must be that one of several parents is what was meant: a hiss need not be a cat's


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

    def instead(self, node: Node, found: Sequence[Found]) -> Node | None:
        """What to ask for in place of a node of which nothing was learnt; None if nothing is near.

        The nearest class above comes first; then, what was learnt beside it under a small node, if it is near in
        meaning, or that node; then whatever is near in meaning.

        Args:
            node: what was meant.
            found: the nodes that fit what was said, the best first.
        """
        above = [parent for parent in self.ontology.ancestors(node) if self.tells(parent)]
        above.sort(key=lambda parent: parent.index is None)
        if len(node.parents) > 1:
            sure = {one.node.mid: one.sure for one in found}
            above = [parent for parent in above if sure.get(parent.mid, 0) >= AKIN]
            above.sort(key=lambda parent: -sure[parent.mid])
        if above and above[0].index is not None:
            return above[0]
        near = [one for one in found if one.sure >= UNDERSTOOD and self.tells(one.node)]
        if above:
            kin = (one.node for one in near if above[0] in self.ontology.ancestors(one.node))
            return next(kin, above[0])
        return near[0].node if near and near[0].sure >= NEAR else None

    def tells(self, node: Node) -> bool:
        """Whether a node was learnt and says something of a sound, unlike those that only order the ontology."""
        deep = node.index is not None or node.level > 2
        return self.holds(node) and (deep or len(self.ontology.descendants(node)) <= FEW)

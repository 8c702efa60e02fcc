"""One set of tracks where nothing is asked for: a cut through the ontology, every sound under one name.

From the top of the ontology down, a node that is surely heard gives way to those below it that are surely heard too;
where none is, it gives its name to a track. So a dog is Dog, else Domestic animals, else Animal. How sure one is of a
node says `unweave.asking.surely`. Two nodes that sound at the same times throughout are one sound, under the name that
is surer.

What gives way may hold another sound: where a node has classes that no track below it has, and they are surely heard
while those tracks are silent, it gives its name to a track of these. So a cough beside Speech is Human sounds. And of
two such sounds one may be called less surely: the class of a node that is heard best has its track if all else that
the node holds is surely heard elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unweave.asking.surely import Curve, faintly, heard_together, how_surely
from unweave.inference.hierarchy import node_mask
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling
from unweave.ontology.filenames import safe_name, unique_names

if TYPE_CHECKING:
    from unweave.inference.events import Event
    from unweave.inference.heard import Heard
    from unweave.ontology import Node

FOLDER = "sounds"
VAGUE = ("/t/dd00098", "/t/dd00123")  # roots: Source-ambiguous sounds; Channel, environment and background
VAGUE_SHARE = 0.8  # of the evidence for what lies below these alone: it says little of what sounds
SAME_TIME = 0.75  # of the segments of both together that they have in common
SAME_CURVE = 0.9  # correlation of their curves there and elsewhere
FLAT = 0.05  # standard deviation of a curve that says nothing of when
SOUNDING = 0.25  # v from which a node counts as sounding in a segment, if it ever is that high
SHORTEST_SECONDS = 0.3
APART_SHARE = 0.5  # of how much surer a finer name has to be, where the rest of the node is another sound


def auto_group(heard: Heard) -> Group:
    """The tracks, the surest first; what is too unsure or too short is in none of them."""
    requests = [request for cut, node in _Cut(heard).sounds() if (request := cut.request(node)) is not None]
    for request, file in zip(requests, unique_names([request.file for request in requests]), strict=True):
        request.file = file
    return Group(FOLDER, None, requests, named=False, loudest_first=True)


class _Cut:
    """What is known of the nodes of the ontology for one recording.

    Args:
        heard: the recording.
        taken: classes that others have, (K,).
        busy: segments in which others sound, (I,).
    """

    def __init__(
        self, heard: Heard, taken: NDArray[np.bool_] | None = None, busy: NDArray[np.bool_] | None = None
    ) -> None:
        self.heard, self.model = heard, heard.model
        self.taken, self.busy = taken, busy
        self.ontology = heard.model.ontology
        settings = heard.model.settings
        self.enough = settings.auto_threshold if heard.threshold is None else heard.threshold
        self.finer, self.longer = settings.auto_finer, settings.auto_longer
        self.sounding = min(SOUNDING, self.enough)
        self.curve, self.mask, self.evidence = cache(self._curve), cache(self._mask), cache(self._evidence)
        self._alike: dict[Node, list[Node]] = {}

    def sounds(self) -> list[tuple[_Cut, Node]]:
        """All that gives its name to a track, surest first, and what is known of it."""
        nodes = self._nodes()
        return [*((self, node) for node in nodes), *self._rests(nodes)]

    def _nodes(self) -> list[Node]:
        """The cut, surest first, without those that are another one's sound."""
        chosen: dict[Node, None] = {}
        for root in self.ontology.roots:
            self._descend(root, chosen)
        # The ontology is a graph: what a node holds may have been found on another way down.
        for above in {one for node in chosen for one in self.ontology.ancestors(node)}:
            chosen.pop(above, None)
        kept: list[Node] = []
        for node in sorted(chosen, key=lambda one: -self.evidence(one)):
            other = next((one for one in kept if self._same(node, one)), None)
            if other is None:
                kept.append(node)
            else:
                self._alike.setdefault(other, []).append(node)
        return kept

    def _rests(self, nodes: Sequence[Node]) -> Iterator[tuple[_Cut, Node]]:
        """What else is surely heard of the nodes above those of the cut; those that lie deepest come first."""
        found: list[tuple[_Cut, Node]] = [(self, node) for node in nodes]
        above = {node: self.ontology.ancestors(node) for node in nodes}
        every = {one for own in above.values() for one in own}
        above |= {node: self.ontology.ancestors(node) for node in every}
        taken = np.zeros(len(self.model.ontology.labels), bool)
        for node in nodes:
            taken |= self._whole(node)
        for node in sorted(every, key=lambda one: (-len(above[one]), one.mid)):
            sounding = [cut._active(one) for cut, one in found if node in above[one]]
            rest = _Cut(self.heard, taken, np.logical_or.reduce(sounding))
            if rest.evidence(node) >= self.enough:
                yield rest, node
                found.append((rest, node))
                taken = taken | rest.mask(node)

    def _whole(self, node: Node) -> NDArray[np.bool_]:
        """The classes of a node, and of those that are its sound."""
        whole: NDArray[np.bool_] = np.logical_or.reduce([self.mask(one) for one in (node, *self._alike.get(node, ()))])
        return whole

    def request(self, node: Node) -> Request | None:
        """The track of a node; None for one that sounds too short."""
        mask = self._whole(node)
        curve = self.curve(node)
        active = self._active(node)
        probability = self.heard.tags.clip[:, self.mask(node)].max(axis=1, initial=0)
        found = faintly(self.heard).events(node, self.mask(node), active, probability)
        events = [event for event in found if active[self._during(event)].any()]
        if sum(event.end - event.start for event in events) < min(SHORTEST_SECONDS, self.heard.tags.seconds):
            return None
        return Request(
            name=node.name,
            file=safe_name(node.name),
            telling=ClassesTelling(mask),
            activity=active,
            mid=node.mid,
            probability=float(probability.max(initial=0)),
            strength=float(curve[active].sum()),
            events=events,
        )

    def _descend(self, node: Node, chosen: dict[Node, None]) -> None:
        below = [self.ontology.graph.nodes[mid] for mid in node.children]
        finer = [one for one in below if self.evidence(one) >= self.enough + self.finer] or self._apart(node, below)
        for one in finer:
            self._descend(one, chosen)
        if not finer and self.evidence(node) >= self.enough:
            chosen[node] = None

    def _apart(self, node: Node, below: Sequence[Node]) -> list[Node]:
        """The one below that is heard best, if all else that the node holds is surely heard, too."""
        best = max(below, key=self.evidence, default=None)
        if best is None or self.evidence(best) < self.enough + APART_SHARE * self.finer:
            return []
        other = _Cut(self.heard, self.mask(best), self._active(best))
        return [best] if other.evidence(node) >= self.enough else []

    def _mask(self, node: Node) -> NDArray[np.bool_]:
        mask = node_mask(self.model, node)
        return mask if self.taken is None else mask & ~self.taken

    def _curve(self, node: Node) -> Curve:
        """What is heard of a node in each segment: v, (I,)."""
        curve = heard_together(self.heard.tags.clip[:, self.mask(node)])
        return curve if self.busy is None else curve * ~self.busy

    def _during(self, event: Event) -> NDArray[np.bool_]:
        """The segments that an event lies in, (I,)."""
        starts, length = np.asarray(self.heard.tags.starts), self.model.settings.segment_seconds
        during: NDArray[np.bool_] = (starts < event.end) & (event.start < starts + length)
        return during

    def _evidence(self, node: Node) -> float:
        if not self.mask(node).any():
            return 0.0
        evidence = how_surely(self.curve(node), self.longer)
        roots = {one.mid for one in (node, *self.ontology.ancestors(node)) if not one.parents}
        return evidence * (VAGUE_SHARE if roots <= set(VAGUE) else 1)

    def _active(self, node: Node) -> NDArray[np.bool_]:
        curve = self.curve(node)
        active: NDArray[np.bool_] = curve >= min(self.sounding, float(curve.max(initial=0)))
        return active & (curve > 0)

    def _same(self, node: Node, surer: Node) -> bool:
        """Whether two nodes have one curve: they come and go together, and rise and fall together."""
        one, other = self._active(node), self._active(surer)
        if int((one & other).sum()) < SAME_TIME * int((one | other).sum()):
            return False
        limits = np.ones(len(self.mask(node)), np.float32)
        curves = [self.heard.tags.curve(self.mask(which), limits) for which in (node, surer)]
        spread = [float(curve.std()) for curve in curves]
        if min(spread) < FLAT:
            return False  # two sounds that never end would look the same
        covariance = float(np.mean((curves[0] - curves[0].mean()) * (curves[1] - curves[1].mean())))
        return covariance >= SAME_CURVE * spread[0] * spread[1]

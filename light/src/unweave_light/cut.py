"""One set of tracks where nothing is asked for: a cut through the ontology (`unweave.asking.cut` says why)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from unweave_light.nodes import Mask, Node
from unweave_light.plan import Curve, Event, Group, Heard, Request, heard_together, how_surely, unique


def auto_group(heard: Heard) -> Group:
    """The tracks, the surest first; what is too unsure or too short is in none of them."""
    requests = [request for cut, node in _Cut(heard).sounds() if (request := cut.request(node)) is not None]
    for request, file in zip(requests, unique([request.file for request in requests]), strict=True):
        request.file = file
    return Group("sounds", None, requests, named=False, loudest_first=True)


class _Cut:
    """What is known of the nodes, without classes (K,) that others have, and where these do not sound, (I,)."""

    def __init__(self, heard: Heard, taken: Mask | None = None, busy: Mask | None = None) -> None:
        self.heard, self.all = heard, heard.nodes
        self.taken, self.busy = taken, busy
        self.settings, self.told = heard.told["settings"], heard.told["constants"]
        self.enough = self.settings["auto_threshold"] if heard.threshold is None else heard.threshold
        self.curve, self.mask, self.evidence = cache(self._curve), cache(self._mask), cache(self._evidence)
        self.alike: dict[Node, list[Node]] = {}

    def sounds(self) -> list[tuple[_Cut, Node]]:
        """All that gives its name to a track, surest first, and what is known of it."""
        nodes = self._nodes()
        return [*((self, node) for node in nodes), *self._rests(nodes)]

    def _nodes(self) -> list[Node]:
        """The cut, surest first, without those that are another one's sound."""
        chosen: dict[Node, None] = {}
        for root in self.all.roots:
            self._descend(root, chosen)
        # The ontology is a graph: what a node holds may have been found on another way down.
        for above in {one for node in chosen for one in self.all.above(node)}:
            chosen.pop(above, None)
        kept: list[Node] = []
        for node in sorted(chosen, key=lambda one: -self.evidence(one)):
            other = next((one for one in kept if self._same(node, one)), None)
            if other is None:
                kept.append(node)
            else:
                self.alike.setdefault(other, []).append(node)
        return kept

    def _rests(self, nodes: list[Node]) -> Iterator[tuple[_Cut, Node]]:
        """What else is surely heard of the nodes above those of the cut; those that lie deepest come first."""
        found: list[tuple[_Cut, Node]] = [(self, node) for node in nodes]
        above = {node: self.all.above(node) for node in nodes}
        every = {one for own in above.values() for one in own}
        above |= {node: self.all.above(node) for node in every}
        taken = np.zeros(len(self.all.classes), bool)
        for node in nodes:
            taken |= self._whole(node)
        for node in sorted(every, key=lambda one: (-len(above[one]), one.mid)):
            sounding = [cut._active(one) for cut, one in found if node in above[one]]
            rest = _Cut(self.heard, taken, np.logical_or.reduce(sounding))
            if rest.evidence(node) >= self.enough:
                yield rest, node
                found.append((rest, node))
                taken = taken | rest.mask(node)

    def _whole(self, node: Node) -> Mask:
        """The classes of a node, and of those that are its sound."""
        mask: Mask = np.logical_or.reduce([self.mask(one) for one in (node, *self.alike.get(node, ()))])
        return mask

    def request(self, node: Node) -> Request | None:
        """The track of a node; None for one that sounds too short."""
        own, mask = self.mask(node), self._whole(node)
        active = self._active(node)
        probability = self.heard.clip[:, own].max(axis=1, initial=0)
        found = self.heard.faintly().events(node, own, active, probability)
        events = [event for event in found if active[self._during(event)].any()]
        shortest = min(self.told["shortest_track_seconds"], self.heard.seconds)
        if sum(event.end - event.start for event in events) < shortest:
            return None
        strength = float(self.curve(node)[active].sum())
        highest = float(probability.max(initial=0))
        return Request(node.name, node.stem, node.mid, mask, active, highest, strength, events)

    def _descend(self, node: Node, chosen: dict[Node, None]) -> None:
        below = [self.all.all[place] for place in node.children]
        surer = self.enough + self.settings["auto_finer"]
        finer = [one for one in below if self.evidence(one) >= surer] or self._apart(node, below)
        for one in finer:
            self._descend(one, chosen)
        if not finer and self.evidence(node) >= self.enough:
            chosen[node] = None

    def _apart(self, node: Node, below: list[Node]) -> list[Node]:
        """The one below that is heard best, if all else that the node holds is surely heard, too."""
        best = max(below, key=self.evidence, default=None)
        if best is None or self.evidence(best) < self.enough + self.told["apart_share"] * self.settings["auto_finer"]:
            return []
        other = _Cut(self.heard, self.mask(best), self._active(best))
        return [best] if other.evidence(node) >= self.enough else []

    def _mask(self, node: Node) -> Mask:
        mask = self.all.mask(node)
        return mask if self.taken is None else mask & ~self.taken

    def _curve(self, node: Node) -> Curve:
        """What is heard of a node in each segment, (I,): half way between its highest class and the sum of them."""
        curve = heard_together(self.heard, self.mask(node))
        return curve if self.busy is None else curve * ~self.busy

    def _during(self, event: Event) -> Mask:
        """The segments that an event lies in, (I,)."""
        told = self.heard.told
        starts = np.arange(len(self.heard.clip)) * ((told["segment"] - told["overlap"]) / told["sample_rate"])
        during: Mask = (starts < event.end) & (event.start < starts + told["segment"] / told["sample_rate"])
        return during

    def _evidence(self, node: Node) -> float:
        if not self.mask(node).any():
            return 0.0
        evidence = how_surely(self.heard, self.curve(node))
        roots = {one.mid for one in (node, *self.all.above(node)) if not one.parents}
        return evidence * (self.told["vague_share"] if roots <= set(self.told["vague"]) else 1)

    def _active(self, node: Node) -> Mask:
        curve = self.curve(node)
        sounding = min(self.told["sounding"], self.enough, float(curve.max(initial=0)))
        active: Mask = (curve >= sounding) & (curve > 0)
        return active

    def _same(self, node: Node, surer: Node) -> bool:
        """Whether two nodes come and go together, and rise and fall together."""
        one, other = self._active(node), self._active(surer)
        if int((one & other).sum()) < self.told["same_time"] * int((one | other).sum()):
            return False
        curves = [self.heard.curve(self.mask(which)) for which in (node, surer)]
        spread = [float(curve.std()) for curve in curves]
        if min(spread) < self.told["flat"]:
            return False  # two sounds that never end would look the same
        covariance = float(np.mean((curves[0] - curves[0].mean()) * (curves[1] - curves[1].mean())))
        return covariance >= float(self.told["same_curve"]) * spread[0] * spread[1]

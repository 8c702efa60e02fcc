"""One set of tracks where nothing is asked for: a cut through the ontology (`unweave.asking.cut` says why)."""

from __future__ import annotations

from functools import cache

import numpy as np

from unweave_light.nodes import Mask, Node
from unweave_light.plan import Curve, Group, Heard, Request, heard_together, how_surely, unique


def auto_group(heard: Heard) -> Group:
    """The tracks, the surest first; what is too unsure or too short is in none of them."""
    cut = _Cut(heard)
    requests = [request for node in cut.nodes() if (request := cut.request(node)) is not None]
    for request, file in zip(requests, unique([request.file for request in requests]), strict=True):
        request.file = file
    return Group("sounds", None, requests, named=False, loudest_first=True)


class _Cut:
    def __init__(self, heard: Heard) -> None:
        self.heard, self.all = heard, heard.nodes
        self.settings, self.told = heard.told["settings"], heard.told["constants"]
        self.enough = self.settings["auto_threshold"] if heard.threshold is None else heard.threshold
        self.curve, self.mask, self.evidence = cache(self._curve), cache(self.all.mask), cache(self._evidence)
        self.alike: dict[Node, list[Node]] = {}

    def nodes(self) -> list[Node]:
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

    def request(self, node: Node) -> Request | None:
        """The track of a node; None for one that sounds too short."""
        own = self.mask(node)
        mask = np.logical_or.reduce([own, *(self.mask(other) for other in self.alike.get(node, ()))])
        active = self._active(node)
        probability = self.heard.clip[:, own].max(axis=1, initial=0)
        events = self.heard.faintly().events(node, own, active, probability)
        shortest = min(self.told["shortest_track_seconds"], self.heard.seconds)
        if sum(event.end - event.start for event in events) < shortest:
            return None
        strength = float(self.curve(node)[active].sum())
        highest = float(probability.max(initial=0))
        return Request(node.name, node.stem, node.mid, mask, active, highest, strength, events)

    def _descend(self, node: Node, chosen: dict[Node, None]) -> None:
        below = [self.all.all[place] for place in node.children]
        finer = [one for one in below if self.evidence(one) >= self.enough + self.settings["auto_finer"]]
        for one in finer:
            self._descend(one, chosen)
        if not finer and self.evidence(node) >= self.enough:
            chosen[node] = None

    def _curve(self, node: Node) -> Curve:
        """What is heard of a node in each segment, (I,): half way between its highest class and the sum of them."""
        return heard_together(self.heard, self.mask(node))

    def _evidence(self, node: Node) -> float:
        if not self.mask(node).any():
            return 0.0
        evidence = how_surely(self.heard, self.mask(node))
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

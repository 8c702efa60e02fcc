"""What sounds when, from curves of probabilities to events, and the tracks that somebody wants."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave_light.errors import LightError
from unweave_light.nodes import Mask, Node, Nodes

Curve = NDArray[np.float32]
CLASSES = "classes"  # in place of a level: every class by itself


@dataclass(frozen=True)
class Event:
    """Something that sounds for a while: its name and mid, start and end in s, the highest probability."""

    name: str
    mid: str
    start: float
    end: float
    probability: float


@dataclass(eq=False)
class Request:
    """A wanted track: what the separator is told (`mask`, `asked`), and in which segments (`activity`)."""

    name: str
    file: str
    mid: str
    mask: Mask
    activity: Mask
    probability: float
    strength: float
    events: list[Event]
    asked: int | None = None

    def key(self) -> object:
        """The same for requests that have the same answer."""
        return self.mask.tobytes(), self.asked, self.activity.tobytes()


@dataclass
class Group:
    """Requests whose tracks and residual add up to the recording; see `Group` of `unweave.inference.request`."""

    name: str
    level: int | None
    requests: list[Request]
    named: bool = True
    loudest_first: bool = False


@dataclass
class Heard:
    """A recording that was heard.

    Attributes:
        told: `light.json`.
        nodes: the ontology.
        clip: probabilities of each segment, (I, K).
        own: those that a separator is told of, (I, K).
        samples: of the recording.
        seconds: of the recording.
        threshold: that somebody asked for, or None.
        frames: for each class, pieces of its curve: (first frame, values).
    """

    told: dict[str, Any]
    nodes: Nodes
    clip: Curve
    own: Curve
    samples: int
    seconds: float
    threshold: float | None = None
    frames: dict[int, list[tuple[int, NDArray[np.float16]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rate = int(self.told["constants"]["frames_per_second"])
        self.limits = self._limits(self.told["limits"] if self.threshold is None else self.threshold)

    def faintly(self) -> Heard:
        """The same recording, for what is surely there (`unweave.asking.surely`)."""
        if self.threshold is not None:
            return self
        other = copy(self)
        other.limits = self._limits(self.told["faint_limits"])
        return other

    def _limits(self, limit: float | list[float]) -> Curve:
        limits: Curve = np.maximum(
            np.broadcast_to(np.asarray(limit, np.float32), len(self.nodes.classes)), np.float32(1e-6)
        )
        return limits

    def curve(self, mask: Mask, weights: Curve | None = None) -> Curve:
        """The highest (weighted) probability among the classes of the mask over time, (F,)."""
        curve = np.zeros(max(1, int(np.ceil(self.seconds * self.rate - 1e-9))), np.float32)
        for index in np.flatnonzero(mask):
            factor = np.float32(1 if weights is None else weights[index])
            for first, values in self.frames.get(int(index), ()):
                here = curve[first : first + len(values)]
                np.maximum(here, values[: len(here)].astype(np.float32) * factor, out=here)
        return curve

    def events(
        self, node: Node, mask: Mask, active: Mask | None = None, probability: Curve | None = None
    ) -> list[Event]:
        """Of a node; where whole segments are active though no frame is sure enough, those segments."""
        curve = self.curve(mask)
        found = self._runs(self.curve(mask, np.float32(1) / self.limits), curve, node)
        if found or active is None or probability is None or not active.any():
            return found
        curve = np.zeros(max(1, int(np.ceil(self.seconds * self.rate))), np.float32)
        hop, rate = self.told["segment"] - self.told["overlap"], self.told["sample_rate"]
        for i in np.flatnonzero(active):
            first = round(i * hop / rate * self.rate)
            here = curve[first : first + round(self.told["segment"] / rate * self.rate)]
            np.maximum(here, probability[i], out=here)
        return self._runs((curve > 0).astype(np.float32), curve, node)

    def class_events(self) -> list[Event]:
        """Of every class that the model knows, by start."""
        events: list[Event] = []
        for index in sorted(self.frames):
            node = self.nodes.classes[index]
            mask = self.nodes.mask(node, alone=True)
            if mask.any():
                events += self.events(node, mask)
        return sorted(events, key=lambda event: (event.start, -event.probability, event.name))

    def _runs(self, relative: Curve, probability: Curve, node: Node) -> list[Event]:
        """Where the curve passes 1, until it falls below a tenth of it; gaps closed, blips dropped."""
        told = self.told["constants"]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], relative >= told["release"], [0]]).astype(np.int8)))
        merged: list[tuple[int, int]] = []
        for start, end in edges.reshape(-1, 2).tolist():
            if relative[start:end].max() < 1:
                continue
            if merged and start - merged[-1][1] <= told["gap_seconds"] * self.rate:
                start = merged.pop()[0]
            merged.append((start, end))
        shortest = min(told["shortest_seconds"], self.seconds) * self.rate
        return [
            Event(
                node.name,
                node.mid,
                start / self.rate,
                min(end / self.rate, self.seconds),
                float(probability[start:end].max()),
            )
            for start, end in merged
            if end - start >= shortest - 1e-9 and start / self.rate < self.seconds
        ]


def level_group(heard: Heard, level: int | None) -> Group:
    """The nodes of a level (None: all classes by themselves) that sound somewhere, the most prominent first."""
    requests = []
    classes = [node for node in heard.nodes.all if node.index is not None]
    enough = heard.told["settings"]["level_threshold"] if heard.threshold is None and level is not None else None
    if enough is not None:
        heard = heard.faintly()
    for node in classes if level is None else heard.nodes.level(level):
        mask = heard.nodes.mask(node, alone=level is None)
        if enough is not None and how_surely(heard, heard_together(heard, mask)) < enough:
            continue
        active = (heard.clip / heard.limits)[:, mask].max(axis=1, initial=0) >= 1
        if active.any():
            probability = heard.clip[:, mask].max(axis=1, initial=0)
            requests.append(_request(heard, node, node.file, mask, active, probability))
    return Group(f"level-{level or CLASSES}", level, sorted(requests, key=lambda one: -one.strength), named=False)


def heard_together(heard: Heard, mask: Mask) -> Curve:
    """What is heard of a node in each segment, (I,): half way between its highest class and the sum of them."""
    own = heard.clip[:, mask]
    curve: Curve = (own.max(axis=1, initial=0) + np.minimum(own.sum(axis=1), 1)) / 2
    return curve


def how_surely(heard: Heard, curve: Curve) -> float:
    """The evidence of what is heard of a node in each segment, (I,): what sounds long needs less."""
    highest = np.sort(curve)[::-1]
    means = np.cumsum(highest) / np.arange(1, len(highest) + 1)
    powers = np.arange(int(np.log2(len(highest))) + 1)
    return float((means[2**powers - 1] + heard.told["settings"]["auto_longer"] * powers).max())


def class_group(heard: Heard, names: Iterable[str]) -> Group:
    """What was asked for by name, where it is heard.

    Raises:
        LightError: a name that the ontology does not have, or a class that the model has not learnt.
    """
    settings, requests = heard.told["settings"], []
    nodes = list(dict.fromkeys(heard.nodes.find(name) for name in names))
    for node, file in zip(nodes, unique([node.stem for node in nodes]), strict=True):
        name = node.name
        if not node.known:
            if node.instead is None:
                raise LightError(f"The model has not learnt {name!r}; ask for something else.")
            node = heard.nodes.all[node.instead]
        mask = heard.nodes.mask(node, alone=not settings["by_name"])
        probability = heard.clip[:, mask].max(axis=1, initial=0)
        gate = heard.threshold
        if gate is None:
            gate = max(settings["class_gate"], settings["class_share"] * float(probability.max(initial=0)))
        loud = probability >= max(heard.limits[mask].min(), gate)
        request = _request(heard, node, file, mask, loud, probability)
        request.name = name
        request.activity, request.strength = probability >= gate, float(probability.sum())
        if settings["by_name"] and node.index is not None and mask[node.index]:
            request.asked = node.index
        requests.append(request)
    return Group("classes", None, requests)


def _request(heard: Heard, node: Node, file: str, mask: Mask, active: Mask, probability: Curve) -> Request:
    events = heard.events(node, mask, active, probability)
    highest, strength = float(probability.max(initial=0)), float(probability[active].sum())
    return Request(node.name, file, node.mid, mask, active, highest, strength, events)


def unique(names: Iterable[str]) -> list[str]:
    """The same names, later ones with a number where some file system would take them for one that came before."""
    taken: set[str] = set()
    found = []
    for name in names:
        new, number = name, 1
        while new.casefold() in taken:
            number += 1
            new = f"{name} {number}"
        taken.add(new.casefold())
        found.append(new)
    return found

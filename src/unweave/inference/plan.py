"""From what was asked and what was heard to requests (Algorithm 3, lines 1 to 6)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from unweave.errors import UnweaveError
from unweave.inference.events import Event, find_events
from unweave.inference.hierarchy import known_mask, node_activity, node_mask, thresholds
from unweave.inference.options import Options
from unweave.inference.report import printable
from unweave.inference.request import Group, Request
from unweave.inference.tagging import FRAMES_PER_SECOND, SegmentTags
from unweave.model import Model
from unweave.ontology import Node
from unweave.ontology.filenames import safe_name
from unweave.ontology.lookup import suggest


def check(model: Model, options: Options) -> list[Node]:
    """The nodes that are asked for by name, once it is sure that the model can answer what is asked.

    Raises:
        UnweaveError: the model cannot be asked so, or does not know a class.
    """
    if model.condition is None or model.tagger is None:
        raise UnweaveError(
            f"The model {model.name} is steered by words alone, and asking by words is not there yet; "
            "use another model."
        )
    if (options.levels or options.classes) and not model.condition.by_class:
        raise UnweaveError(
            f"The model {model.name} cannot be asked by level or class; give it an example sound (--query)."
        )
    for level in options.levels if options.levels != Options.levels else ():
        model.ontology.level(level)  # refuses what is not there
    nodes = list(dict.fromkeys(model.ontology.find(name) for name in options.classes))
    for node in nodes:
        if not node_mask(model, node, alone=not model.settings.by_name).any():
            known = known_mask(model)
            able = [one for one in model.ontology.nodes if one.index is not None and known[one.index]]
            close = ", ".join(one.name for one in suggest(able, node.name)) or f"{able[0].name} or {able[-1].name}"
            raise UnweaveError(f"The model {model.name} has not learnt {node.name!r}; it knows, for example, {close}.")
    return nodes


def plan(
    model: Model, options: Options, nodes: Sequence[Node], vectors: Sequence[tuple[Path, Tensor]], tags: SegmentTags
) -> list[Group]:
    """All requests, in groups: levels, classes, examples.

    Args:
        model: whose thresholds and tree count.
        options: what was asked.
        nodes: that were asked for by name.
        vectors: the examples with their conditions.
        tags: what was heard.
    """
    levels = options.levels
    if levels == Options.levels:  # what nobody asked for need not be there: own classes have one level
        levels = tuple(level for level in levels if level <= model.ontology.depth)
    groups = [_level_group(model, options, level, tags) for level in levels]
    if nodes:
        groups.append(_class_group(model, options, nodes, tags))
    if vectors:
        everywhere = np.ones(len(tags.clip), dtype=bool)
        names = _unique(
            [
                safe_name(printable(path.resolve().stem if path.is_file() else path.resolve().name))
                for path, _ in vectors
            ]
        )
        groups.append(
            Group(
                "queries",
                None,
                [
                    Request(name, "queries", name, everywhere, query=printable(path), vector=vector)
                    for name, (path, vector) in zip(names, vectors, strict=True)
                ],
            )
        )
    if options.max_tracks is not None:
        for group in groups:
            best = sorted(group.requests, key=lambda request: -request.strength)[: options.max_tracks]
            group.requests = [request for request in group.requests if request in best]
    return groups


def events_of(
    model: Model, tags: SegmentTags, mask: NDArray[np.bool_], limits: NDArray[np.float32], name: str, mid: str
) -> list[Event]:
    """When at least one class of the mask passes its threshold."""
    relative = tags.curve(mask, np.float32(1) / limits)
    return find_events(relative, tags.curve(mask), FRAMES_PER_SECOND, tags.seconds, name, mid)


def class_events(model: Model, tags: SegmentTags, threshold: float | None) -> list[Event]:
    """The events of every class that the model knows, by start."""
    limits = thresholds(model, threshold)
    known = known_mask(model)
    events: list[Event] = []
    for index in sorted(tags.frames):
        if known[index]:
            mask = np.zeros_like(known)
            mask[index] = True
            label = model.ontology.labels[index]
            events += events_of(model, tags, mask, limits, label.name, label.mid)
    return sorted(events, key=lambda event: (event.start, -event.probability, event.name))


def _level_group(model: Model, options: Options, level: int, tags: SegmentTags) -> Group:
    """The nodes of a level that sound somewhere, the most prominent first."""
    limits = thresholds(model, options.threshold)
    nodes = model.ontology.level(level)
    masks = [node_mask(model, node) for node in nodes]
    probability = node_activity(tags.clip, masks)
    active = node_activity(tags.clip / limits, masks) >= 1
    requests = [
        Request(
            name=node.name,
            group=f"level-{level}",
            file=model.ontology.file_name(node),
            activity=active[:, j],
            mid=node.mid,
            level=level,
            mask=masks[j],
            probability=float(probability[:, j].max(initial=0)),
            strength=float(probability[active[:, j], j].sum()),
            events=_events_or_segments(model, tags, masks[j], limits, node, active[:, j], probability[:, j]),
        )
        for j, node in enumerate(nodes)
        if active[:, j].any()
    ]
    return Group(f"level-{level}", level, sorted(requests, key=lambda request: -request.strength))


def _class_group(model: Model, options: Options, nodes: Sequence[Node], tags: SegmentTags) -> Group:
    """What was asked for by name, all of it, in the order asked; gated low, since who asks has heard something."""
    limits = thresholds(model, options.threshold)
    gate = model.settings.class_gate if options.threshold is None else options.threshold
    files = _unique([safe_name(node.name) for node in nodes])
    requests = []
    for file, node in zip(files, nodes, strict=True):
        mask = node_mask(model, node, alone=not model.settings.by_name)
        probability = node_activity(tags.clip, [mask])[:, 0]
        loud = probability >= max(limits[mask].min(), gate)
        asked = node.index if model.settings.by_name and node.index is not None and mask[node.index] else None
        requests.append(
            Request(
                name=node.name,
                group="classes",
                file=file,
                activity=probability >= gate,
                mid=node.mid,
                mask=mask,
                asked=asked,
                probability=float(probability.max(initial=0)),
                strength=float(probability.sum()),
                events=_events_or_segments(model, tags, mask, limits, node, loud, probability),
            )
        )
    return Group("classes", None, requests)


def _events_or_segments(
    model: Model,
    tags: SegmentTags,
    mask: NDArray[np.bool_],
    limits: NDArray[np.float32],
    node: Node,
    active: NDArray[np.bool_],
    probability: NDArray[np.float32],
) -> list[Event]:
    """Events by frames; where whole segments are active though no frame is sure enough, those segments."""
    events = events_of(model, tags, mask, limits, node.name, node.mid)
    if events or not active.any():
        return events
    curve = np.zeros(max(1, int(np.ceil(tags.seconds * FRAMES_PER_SECOND))), np.float32)
    length = round(model.settings.segment_seconds * FRAMES_PER_SECOND)
    for i in np.flatnonzero(active):
        first = round(tags.starts[i] * FRAMES_PER_SECOND)
        here = curve[first : first + length]
        np.maximum(here, probability[i], out=here)
    relative = (curve > 0).astype(np.float32)
    return find_events(relative, curve, FRAMES_PER_SECOND, tags.seconds, node.name, node.mid)


def _unique(names: Sequence[str]) -> list[str]:
    """The same names, later ones with a number where upper and lower case aside they would be one file."""
    taken: set[str] = set()
    result = []
    for name in names:
        new, number = name, 1
        while new.casefold() in taken:
            number += 1
            new = f"{name} {number}"
        taken.add(new.casefold())
        result.append(new)
    return result

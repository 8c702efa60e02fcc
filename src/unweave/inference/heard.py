"""A recording that was heard: what sounds in it when, as events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unweave.inference.events import FRAMES_PER_SECOND, Event, find_events
from unweave.inference.hierarchy import known_mask, thresholds

if TYPE_CHECKING:
    from unweave.inference.tagging import SegmentTags
    from unweave.networks import Networks
    from unweave.ontology import Node


@dataclass(frozen=True)
class Heard:
    """What the ways of asking make their requests of.

    Attributes:
        model: that heard it.
        tags: what it heard.
        threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.
    """

    model: Networks
    tags: SegmentTags
    threshold: float | None = None

    @property
    def limits(self) -> NDArray[np.float32]:
        """The threshold of every class, (K,)."""
        return thresholds(self.model, self.threshold)

    def events(
        self, node: Node, mask: NDArray[np.bool_], active: NDArray[np.bool_], probability: NDArray[np.float32]
    ) -> list[Event]:
        """Events by frames; where whole segments are active though no frame is sure enough, those segments.

        Args:
            node: that the events are called after.
            mask: its classes, (K,).
            active: segments in which it sounds, (I,).
            probability: in each segment, (I,).
        """
        tags = self.tags
        events = events_of(tags, mask, self.limits, node.name, node.mid)
        if events or not active.any():
            return events
        curve = np.zeros(max(1, int(np.ceil(tags.seconds * FRAMES_PER_SECOND))), np.float32)
        length = round(self.model.settings.segment_seconds * FRAMES_PER_SECOND)
        for i in np.flatnonzero(active):
            first = round(tags.starts[i] * FRAMES_PER_SECOND)
            here = curve[first : first + length]
            np.maximum(here, probability[i], out=here)
        relative = (curve > 0).astype(np.float32)
        return find_events(relative, curve, FRAMES_PER_SECOND, tags.seconds, node.name, node.mid)


def events_of(
    tags: SegmentTags, mask: NDArray[np.bool_], limits: NDArray[np.float32], name: str, mid: str
) -> list[Event]:
    """When at least one class of the mask passes its threshold."""
    relative = tags.curve(mask, np.float32(1) / limits)
    if relative.max() < 1:
        return []
    return find_events(relative, tags.curve(mask), FRAMES_PER_SECOND, tags.seconds, name, mid)


def class_events(model: Networks, tags: SegmentTags, threshold: float | None) -> list[Event]:
    """The events of every class that the model knows, by start."""
    limits = thresholds(model, threshold)
    known = known_mask(model)
    events: list[Event] = []
    for index in sorted(tags.frames):
        if known[index]:
            mask = np.zeros_like(known)
            mask[index] = True
            label = model.ontology.labels[index]
            events += events_of(tags, mask, limits, label.name, label.mid)
    return sorted(events, key=lambda event: (event.start, -event.probability, event.name))

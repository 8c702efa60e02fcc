"""What a tagger might have heard, written down by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tiny import RATE

from unweave.inference.tagging import SegmentTags
from unweave.model import Model

SEGMENTS = 16


def tags_of(model: Model, heard: Mapping[str, Sequence[float]]) -> SegmentTags:
    """Probabilities of each segment of 1 s, by class; frames likewise."""
    clip = np.zeros((SEGMENTS, 527), np.float32)
    frames: dict[int, list[tuple[int, np.ndarray]]] = {}
    for name, values in heard.items():
        index = model.ontology.find(name).index
        assert index is not None
        clip[: len(values), index] = values
        frames[index] = [(0, np.repeat(np.asarray(values, np.float16), 10))]
    starts = [float(number) for number in range(SEGMENTS)]
    return SegmentTags(clip, SEGMENTS * RATE, float(SEGMENTS), starts, frames)

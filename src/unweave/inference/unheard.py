"""The first pass of a model without a tagger: nobody hears anything, but the segments are counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unweave.inference.recording import Recording
from unweave.inference.segmenting import Grid, Segmenter
from unweave.inference.tagging import Listener, SegmentTags
from unweave.networks import Networks, Progress


def count_segments(
    model: Networks,
    recording: Recording,
    batch: int | None = None,
    progress: Progress | None = None,
    listeners: Sequence[Listener] = (),
) -> SegmentTags:
    """The segments of a recording, with probability 0 for every class.

    Args are those of `tag_segments`; nothing here depends on `batch`.
    """
    grid = Grid.of(model)
    segmenter = Segmenter(recording.sample_rate, recording.channels, grid)
    samples = count = 0
    for block in recording.blocks(round(grid.segment_seconds * recording.sample_rate)):
        samples += block.shape[1]
        for listener in listeners:
            listener(block)
        count += len(segmenter.push(block))
        if progress is not None:
            done = samples / recording.sample_rate
            progress(done, done, "listening")
    count += len(segmenter.finish())
    clip = np.zeros((count, len(model.ontology.labels)), np.float32)
    return SegmentTags(
        clip, samples, samples / recording.sample_rate, [number * grid.hop_seconds for number in range(count)]
    )

"""Separation and tagging in memory: what `Model.separate` and `Model.tag` do."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from unweave.inference.events import Event
from unweave.inference.options import Options, check_threshold
from unweave.inference.plan import check, class_events, plan
from unweave.inference.query import query_condition
from unweave.inference.recording import open_recording
from unweave.inference.separate import separate_blocks
from unweave.inference.tagging import tag_segments
from unweave.inference.track import RESIDUAL, Track
from unweave.model import Model, Progress


def separate(
    model: Model, audio: Any, sample_rate: int | None, options: Options, progress: Progress | None
) -> list[Track]:
    """See `Model.separate`."""
    nodes = check(model, options)
    left_out: list[str] = []
    vectors = [(path, query_condition(model, path, options.batch, left_out)) for path in options.queries]
    for sentence in left_out:
        warnings.warn(sentence, stacklevel=4)
    with open_recording(audio, sample_rate) as recording:
        tags = tag_segments(model, recording, options.batch, progress)
        groups = plan(model, options, nodes, vectors, tags)
        requests = [request for group in groups for request in group.requests]
        shape = recording.channels, tags.samples
        arrays = [np.zeros(shape, np.float32) for _ in requests]
        mixture = np.zeros(shape, np.float32)
        for piece in separate_blocks(model, recording, tags, requests, options.batch, progress):
            here = slice(piece.start, piece.start + piece.mixture.shape[1])
            mixture[:, here] = piece.mixture
            for array, samples in zip(arrays, piece.tracks, strict=True):
                array[:, here] = samples
        rate = recording.sample_rate
    tracks: list[Track] = []
    waiting = iter(arrays)
    for group in groups:
        rest = mixture.copy()
        for request in group.requests:
            samples = next(waiting)
            rest -= samples
            tracks.append(
                Track(request.name, request.mid, request.level, request.probability, samples, rate, request.events)
            )
        if options.residual:
            tracks.append(Track(RESIDUAL, None, group.level, None, rest, rate))
    return tracks


def tag(
    model: Model,
    audio: Any,
    sample_rate: int | None,
    threshold: float | None,
    batch: int | None = None,
    progress: Progress | None = None,
) -> list[Event]:
    """See `Model.tag`."""
    if threshold is not None:
        check_threshold(threshold)
    with open_recording(audio, sample_rate) as recording:
        return class_events(model, tag_segments(model, recording, batch, progress), threshold)

"""Separation and tagging in memory: what `Model.separate` and `Model.tag` do."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from unweave.audio.io import AudioReader
from unweave.inference.events import Event
from unweave.inference.hear import check, hear, prepare
from unweave.inference.heard import class_events
from unweave.inference.keeping import energy_db, kept
from unweave.inference.options import Options, check_threshold
from unweave.inference.recording import WHOLE, Part, open_recording, origin_of, part_of
from unweave.inference.separate import separate_blocks
from unweave.inference.tagging import tag_segments
from unweave.inference.track import RESIDUAL, Track
from unweave.networks import Networks, Progress


def separate(
    model: Networks, audio: Any, sample_rate: int | None, options: Options, progress: Progress | None
) -> list[Track]:
    """See `Model.separate`."""
    check(model, options)
    for wish in options.asked.wishes:
        for sentence in wish.faults(model):
            warnings.warn(sentence, stacklevel=4)  # of whoever called `Model.separate`
    with open_recording(audio, sample_rate) as whole:
        recording = part_of(whole, options.part)
        prepared = prepare(model, recording, options)
        for sentence in (sentence for one in prepared for sentence in one.sentences):
            warnings.warn(sentence, stacklevel=4)  # of whoever called `Model.separate`
        tags, groups = hear(model, recording, options, prepared, progress)
        requests = [request for group in groups for request in group.requests]
        shape = recording.channels, tags.samples
        arrays = [np.zeros(shape, np.float32) for _ in requests]
        mixture = np.zeros(shape, np.float32)
        blocks = separate_blocks(
            model, recording, tags, groups, options.batch, progress, options.strength, options.quality
        )
        for piece in blocks:
            here = slice(piece.start, piece.start + piece.mixture.shape[1])
            mixture[:, here] = piece.mixture
            for array, samples in zip(arrays, piece.tracks, strict=True):
                array[:, here] = samples
        rate = recording.sample_rate
    tracks: list[Track] = []
    waiting = iter(arrays)
    loudness = energy_db(mixture)
    for group in groups:
        rest = mixture.copy()
        own = [next(waiting) for _ in group.requests]
        for number in kept(group, [energy_db(samples) for samples in own], loudness, model.settings.faintest_db):
            request, samples = group.requests[number], own[number]
            rest -= samples
            tracks.append(
                Track(request.name, request.mid, group.level, request.probability, samples, rate, request.events)
            )
        if options.residual:
            tracks.append(Track(RESIDUAL, None, group.level, None, rest, rate))
    return tracks


def tag(
    model: Networks,
    audio: Any,
    sample_rate: int | None,
    threshold: float | None,
    batch: int | None = None,
    progress: Progress | None = None,
    part: Part = WHOLE,
    stream: int | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Event]:
    """See `Model.tag`."""
    if threshold is not None:
        check_threshold(threshold)
    with open_recording(audio, sample_rate, stream) as whole:
        recording = part_of(whole, part)
        events = class_events(model, tag_segments(model, recording, batch, progress), threshold)
        before = origin_of(recording) / recording.sample_rate
        if say is not None and isinstance(whole, AudioReader):
            for sentence in whole.remarks():
                say(sentence)
    return [replace(event, start=event.start + before, end=event.end + before) for event in events]

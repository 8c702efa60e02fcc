"""The two passes over a recording: hear it; then encode every segment once, and decode it for each of its sounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave_light.above import Above
from unweave_light.networks import Networks
from unweave_light.nodes import Nodes
from unweave_light.plan import Group, Heard, Request
from unweave_light.recordings import Recording
from unweave_light.segments import Joiner, Segmenter, downmix
from unweave_light.spectra import Samples, raise_prominent, share

ALONE = -1  # the set of a track that has none


@dataclass
class Piece:
    """A stretch of the recording (C, n) with all its tracks, group by group."""

    start: int
    mixture: Samples
    tracks: list[Samples]


def hear(networks: Networks, nodes: Nodes, recording: Recording, threshold: float | None = None) -> Heard:
    """The first pass."""
    told = networks.told
    cut = recording.sample_rate, recording.channels, told["sample_rate"], told["segment"], told["overlap"]
    segmenter = Segmenter(*cut)
    seconds = recording.samples / recording.sample_rate
    none = np.zeros((0, len(nodes.classes)), np.float32)
    heard = Heard(told, nodes, none, none, recording.samples, seconds, threshold)
    hop_seconds = (told["segment"] - told["overlap"]) / told["sample_rate"]
    clips: list[tuple[Samples, Samples]] = []

    def tag(segments: list[Samples]) -> None:
        mono = [downmix(segment, told["constants"]["cancelled"]) for segment in segments]
        sounding = [one for one in mono if one.any()]
        answers = iter(list(networks.pool.map(networks.hear, sounding)))
        for one in mono:
            if not one.any():  # digital silence holds nothing
                clips.append((np.zeros(len(nodes.classes), np.float32),) * 2)
                continue
            clip, frames, own = next(answers)
            start = round(len(clips) * hop_seconds * heard.rate)
            clips.append((clip, own))
            for index in np.flatnonzero(frames.max(axis=0) >= told["constants"]["floor"]):
                heard.frames.setdefault(int(index), []).append((start, frames[:, index].astype(np.float16)))

    samples = 0
    for block in recording.blocks(round(hop_seconds * 4 * recording.sample_rate)):
        samples += block.shape[1]
        tag(segmenter.push(block))
    tag(segmenter.finish())
    heard.clip, heard.own = (np.stack(part) for part in zip(*clips, strict=True))
    heard.samples, heard.seconds = samples, samples / recording.sample_rate
    return heard


def separate_blocks(networks: Networks, recording: Recording, heard: Heard, groups: Sequence[Group]) -> Iterator[Piece]:
    """The second pass, in constant memory; the pieces' samples are not to be written to."""
    told, channels, rate = networks.told, recording.channels, recording.sample_rate
    cut = rate, channels, told["sample_rate"], told["segment"], told["overlap"]
    requests = [request for group in groups for request in group.requests]
    answers = {request.key(): request for request in requests}  # each is computed once
    place = {key: number for number, key in enumerate(answers)}
    exclusive = told["settings"]["exclusive"]
    sets = [
        [place[one.key()] for one in group.requests] if exclusive and len(group.requests) > 1 else []
        for group in groups
    ]
    keys = [
        (number if sets[number] else ALONE, place[one.key()])
        for number, group in enumerate(groups)
        for one in group.requests
    ]
    joiners = {key: Joiner(*cut) for key in keys}
    # What comes back of the recording itself says what of it lies above the band that the model hears.
    above, low, lows = _above(told, list(joiners), keys, rate), Joiner(*cut), _Queue(channels)
    queues = {key: _Queue(channels) for key in keys}
    mixture, segmenter = _Queue(channels), Segmenter(*cut)
    told_what = list(answers.values())
    silence = np.zeros((channels, told["segment"]), np.float32)
    first = start = 0

    def advance(segments: list[Samples]) -> None:
        nonlocal first
        decoded = decode(networks, heard, segments, first, told_what)
        for i, segment in enumerate(segments):
            own = {u: decoded[i, u] for u in range(len(told_what)) if (i, u) in decoded}
            shared: dict[tuple[int, int], Samples] = {}
            for number, members in enumerate(sets):
                if len(there := [u for u in members if u in own]) > 1:
                    found = share(segment, [own[u] for u in there], networks.transforms["sharing"])
                    shared.update({(number, u): source for u, source in zip(there, found, strict=True)})
            for key, joiner in joiners.items():
                queues[key].push(joiner.add(shared.get(key, own.get(key[1], silence))))
            if above is not None:
                lows.push(low.add(segment))
        first += len(segments)

    def ready(last: bool = False) -> Iterator[Piece]:
        nonlocal start
        waited = [mixture, *queues.values()] if above is None else [mixture, lows, *queues.values()]
        size = min(queue.size for queue in waited)
        whole, own = mixture.take(size), [queue.take(size) for queue in queues.values()]
        if above is not None:
            whole, *own = above.push(whole, lows.take(size), own, last)
        if whole.shape[1]:
            taken = dict(zip(queues, own, strict=True))
            yield Piece(start, whole, [taken[key] for key in keys])
            start += whole.shape[1]

    hop_seconds = (told["segment"] - told["overlap"]) / told["sample_rate"]
    for block in recording.blocks(round(hop_seconds * max(1, networks.threads // channels) * rate)):
        mixture.push(block)
        if joiners:
            advance(segmenter.push(block))
        yield from ready()
    if joiners:
        advance(segmenter.finish())
        for key, joiner in joiners.items():
            queues[key].push(joiner.finish(segmenter.total))
        if above is not None:
            lows.push(low.finish(segmenter.total))
    yield from ready(last=True)


def _above(
    told: dict[str, Any], sources: Sequence[tuple[int, int]], keys: Sequence[tuple[int, int]], rate: int
) -> Above | None:
    if not sources or not told["settings"]["full_band"] or rate <= told["sample_rate"]:
        return None
    sets: dict[int, list[int]] = {}
    for key in keys:
        sets.setdefault(key[0], []).append(sources.index(key))
    members = [own for number, own in sets.items() if number != ALONE]
    numbers = told["constants"]
    return Above(rate, told["sample_rate"], members, numbers["above_frame_seconds"], numbers["above_band"])


def decode(
    networks: Networks, heard: Heard, segments: Sequence[Samples], first: int, requests: Sequence[Request]
) -> dict[tuple[int, int], Samples]:
    """For (segment, request) the source (C, T); pairs that hold nothing are left out.

    Silent channels cost nothing, and channels that are equal cost one.
    """
    wanted = [(i, u) for i in range(len(segments)) for u, one in enumerate(requests) if one.activity[first + i]]
    rows = [(i, same) for i in dict.fromkeys(i for i, _ in wanted) for same in _channels(segments[i])]
    encoded = list(networks.pool.map(lambda row: networks.encode(segments[row[0]][row[1][0]]), rows))
    pairs = [(row, u) for row, (i, _) in enumerate(rows) for j, u in wanted if j == i]
    conditions = {(i, u): condition(heard, requests[u], first + i) for i, u in wanted}

    def run(pair: tuple[int, int]) -> Samples:
        row, u = pair
        i = rows[row][0]
        return networks.decode(encoded[row], conditions[i, u], segments[i].shape[1])

    found: dict[tuple[int, int], Samples] = {}
    for (row, u), source in zip(pairs, networks.pool.map(run, pairs), strict=True):
        i, same = rows[row]
        found.setdefault((i, u), np.zeros_like(segments[i]))[same] = source
    settings, numbers = heard.told["settings"], heard.told["constants"]
    curve = settings["prominence"], numbers["prominent_from"], numbers["prominent_most"]
    if curve[0] > 0:
        transform = networks.transforms["prominence"]
        raised = networks.pool.map(lambda key: raise_prominent(segments[key[0]], found[key], transform, *curve), found)
        found = dict(zip(list(found), raised, strict=True))
    return found


def condition(heard: Heard, request: Request, segment: int) -> Samples:
    """What the separator is told, (D,): probabilities, the highest 1; a class by its name and what is heard alike."""
    clip = heard.own[segment]
    if request.asked is None:
        return _scaled(clip * request.mask)
    told = np.zeros(len(clip), np.float32)
    alike = heard.told.get("alike", {}).get(str(request.asked), [])
    if alike:
        told[alike] = np.float32(heard.told["settings"]["hint"]) * _scaled(clip)[alike]
    told[request.asked] = 1
    return told


def _scaled(vector: Samples) -> Samples:
    scaled: Samples = vector / max(vector.max(), np.float32(1e-8))
    return scaled


def _channels(segment: Samples) -> list[list[int]]:
    """The different sounds of a segment (C, T): which channels hold each."""
    found: list[list[int]] = []
    for channel in np.flatnonzero(segment.any(axis=1)):
        like = next((same for same in found if np.array_equal(segment[same[0]], segment[channel])), None)
        found.append([int(channel)]) if like is None else like.append(int(channel))
    return found


class _Queue:
    """Samples that wait, (C, n)."""

    def __init__(self, channels: int) -> None:
        self.size = 0
        self._held = [np.zeros((channels, 0), np.float32)]

    def push(self, block: Samples) -> None:
        self._held.append(block)
        self.size += block.shape[1]

    def take(self, size: int) -> Samples:
        joined = np.concatenate(self._held, axis=1)
        self._held = [joined[:, size:].copy()]
        self.size -= size
        return joined[:, :size]

"""The second pass: every segment is encoded once and decoded once for each request that is active in it.

The STFT and the encoder do not depend on what is asked for, so they run once for each segment and channel. Pairs of
(segment, request) that the first pass found inactive are silence and cost nothing; the others are decoded in batches.
Then the tracks of each group share what is there (`unweave.inference.sharing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unweave.audio.blocks import OverlapAdd
from unweave.audio.resampling import output_length
from unweave.inference.above import Above
from unweave.inference.batches import Batches
from unweave.inference.cores import Cores
from unweave.inference.decoding import Decoded, decode_group
from unweave.inference.gating import GatedResampler
from unweave.inference.recording import Recording, Samples
from unweave.inference.request import Group
from unweave.inference.segmenting import Grid, Segmenter
from unweave.inference.sharing import Shared, share_out
from unweave.inference.tagging import SegmentTags
from unweave.inference.views import SPEEDS
from unweave.networks import Networks, Progress

ALONE = -1  # the set of a track that has none
MOST_HELD = 256  # decoded segments that are held at once, whatever the number of requests: 66 MB of 2 s at 32 kHz


@dataclass
class Piece:
    """A stretch of the recording with all its tracks, at the recording's rate.

    Attributes:
        start: first sample.
        mixture: (C, n).
        tracks: (C, n) for each request, group by group. Requests with one answer share an array: do not write to it.
    """

    start: int
    mixture: Samples
    tracks: list[Samples]


def separate_blocks(
    model: Networks,
    recording: Recording,
    tags: SegmentTags,
    groups: Sequence[Group],
    batch: int | None = None,
    progress: Progress | None = None,
    strength: float = 1.0,
    quality: str = "fast",
) -> Iterator[Piece]:
    """Separate from start to end in constant memory.

    Args:
        model: does the work.
        recording: the one that was heard.
        tags: what was heard in it.
        groups: what is wanted; the tracks of a group never hold more than the recording.
        batch: rows that are held for the networks at once; None: see `Batches`.
        progress: called with (done, total, "separating") in s.
        strength: s in [0, 1]; of U tracks of a group, each becomes s S_u + (1 - s) X / U, so that a single one is a
            blend with the recording and several are never more than it.
        quality: "high" looks at every segment several times (`unweave.inference.views`).
    """
    with Batches(model, batch) as batches:
        yield from _separate_blocks(model, recording, tags, groups, batches, progress, strength, SPEEDS[quality])


def segments_at_once(rows: int, channels: int, tracks: int) -> int:
    """As many as make `rows`, so that all cores have work to the end; fewer where so many tracks would fill memory."""
    return max(1, min(rows // channels, max(MOST_HELD, rows) // max(1, tracks * channels)))


def _share(group: Group) -> bool:
    """Whether there are tracks to share what there is; "everything but" holds what the others do, as it was asked."""
    return len(group.requests) > 1 and not any(request.rest for request in group.requests)


def _separate_blocks(
    model: Networks,
    recording: Recording,
    tags: SegmentTags,
    groups: Sequence[Group],
    batches: Batches,
    progress: Progress | None,
    strength: float,
    speeds: Sequence[float],
) -> Iterator[Piece]:
    grid, channels, rate = Grid.of(model), recording.channels, recording.sample_rate
    requests = [request for one in groups for request in one.requests]
    answers = {request.key(): request for request in requests}  # each is computed once
    place = {key: u for u, key in enumerate(answers)}
    told, activity = [request.telling for request in answers.values()], [one.activity for one in answers.values()]
    # Tracks of one set share what there is, so that an answer is another one in every set; alone it stays as it is.
    sets = [
        [place[request.key()] for request in one.requests] if model.settings.exclusive and _share(one) else []
        for one in groups
    ]
    keys = [
        (number if sets[number] else ALONE, place[request.key()])
        for number, one in enumerate(groups)
        for request in one.requests
    ]
    sources = {key: _Source(key, activity[key[1]], grid, channels, rate) for key in keys}
    every = list(sources.values())
    # What the model returns of the recording itself says what of it lies above the model's band.
    low = _Source((ALONE, 0), np.ones(len(tags.clip), bool), grid, channels, rate)
    above = _above(model, sources, keys, rate, batches.cores)
    # Without overlap nothing else hides where a request becomes active.
    edge = round(model.settings.edge_seconds * grid.rate) if grid.overlap == 0 else 0
    group = segments_at_once(batches.size, channels, len(sources))
    segmenter = Segmenter(rate, channels, grid) if tags.segments is None else None
    mixture = _Queue(channels)
    waiting: list[Samples] = list(tags.segments or ())
    first = start = 0

    def advance(everything: bool) -> None:
        nonlocal first
        while len(waiting) >= group or (everything and waiting):
            segments = np.stack(waiting[:group])  # (n, C, T)
            del waiting[:group]
            here = slice(first, first + len(segments))
            active = np.stack([one[here] for one in activity], axis=1)  # (n, U)
            decoded = decode_group(model, batches, segments, tags.told[here], told, active, speeds)
            shared = share_out(segments, decoded, sets, grid.rate, batches.cores)
            _hand_out(decoded, shared, len(segments), first, every, edge, batches.cores)
            for segment in segments if above is not None else ():
                low.add(segment)
            first += len(segments)

    def ready(last: bool = False) -> Piece | None:
        nonlocal start
        waited = every if above is None else [*every, low]
        size = min([mixture.size, *(source.queue.size for source in waited)])
        whole, own = mixture.take(size), [source.queue.take(size) for source in every]
        if above is not None:
            whole, *own = above.push(whole, low.queue.take(size), own, last)
        if (size := whole.shape[1]) == 0:
            return None
        taken = dict(zip(sources, own, strict=True))
        tracks = [whole - taken[key] if one.rest else taken[key] for key, one in zip(keys, requests, strict=True)]
        piece = Piece(start, whole, tracks)
        if strength < 1:
            shares = [(1 - strength) / len(one.requests) for one in groups for _ in one.requests]
            piece.tracks = [
                np.float32(strength) * track + np.float32(own) * piece.mixture
                for track, own in zip(piece.tracks, shares, strict=True)
            ]
        start += size
        if progress is not None:
            progress(start / rate, tags.seconds, "separating")
        return piece

    for block in recording.blocks(max(1, round(grid.hop_seconds * group * rate))):
        mixture.push(block)
        if sources:
            waiting += segmenter.push(block) if segmenter is not None else ()
            advance(False)
        if (piece := ready()) is not None:
            yield piece
    if sources:
        waiting += segmenter.finish() if segmenter is not None else ()
        advance(True)
        total = output_length(tags.samples, rate, grid.rate)
        for source in (*every, low) if above is not None else every:
            source.finish(total)
    if (piece := ready(last=True)) is not None:
        yield piece


def _above(
    model: Networks,
    sources: Mapping[tuple[int, int], _Source],
    keys: Sequence[tuple[int, int]],
    rate: int,
    cores: Cores,
) -> Above | None:
    """Of tracks of a recording of which the model hears a part of the band only."""
    if not sources or not model.settings.full_band or rate <= model.sample_rate:
        return None
    place = {key: number for number, key in enumerate(sources)}
    sets: dict[int, list[int]] = {}
    for key in keys:
        sets.setdefault(key[0], []).append(place[key])
    return Above(rate, model.sample_rate, [members for number, members in sets.items() if number != ALONE], cores)


class _Queue:
    """Samples that wait, (C, n)."""

    def __init__(self, channels: int) -> None:
        self.size = 0
        self._held: list[Samples] = [np.zeros((channels, 0), np.float32)]

    def push(self, block: Samples) -> None:
        self._held.append(block)
        self.size += block.shape[1]

    def take(self, size: int) -> Samples:
        joined = np.concatenate(self._held, axis=1)
        # A copy, so that the array behind what is left does not live on.
        self._held = [joined[:, size:].copy()]
        self.size -= size
        return joined[:, :size]


class _Source:
    """One answer on its way: segments are joined, brought back to the recording's rate and wait for the others."""

    def __init__(self, key: tuple[int, int], activity: NDArray[np.bool_], grid: Grid, channels: int, rate: int) -> None:
        self.set, self.answer = key
        self.activity = activity
        self.queue = _Queue(channels)
        self._join = OverlapAdd(grid.segment, grid.overlap, channels=channels)
        self._resampler = GatedResampler(grid.rate, rate, channels)

    def add(self, segment: Samples | None) -> None:
        """The next segment (C, T); None for a silent one."""
        self._forward(self._join.add(segment))

    def finish(self, total: int) -> None:
        """The end, after `total` samples at the model's rate."""
        self._forward(self._join.finish(total))
        for piece in self._resampler.finish():
            self.queue.push(piece)

    def _forward(self, joined: Samples) -> None:
        for piece in self._resampler.push(joined) if joined.shape[1] else ():
            self.queue.push(piece)


def _hand_out(
    decoded: Decoded, shared: Shared, count: int, first: int, sources: Sequence[_Source], edge: int, cores: Cores
) -> None:
    """Give every source its next `count` segments, the first of which is number `first`."""

    def give(start: int, end: int) -> None:
        for source in sources[start:end]:
            for i in range(count):
                own = decoded.get((i, source.answer))
                segment = shared.get((source.set, i, source.answer), own)
                if segment is not None and edge:
                    segment = _faded(segment, source.activity, first + i, min(edge, segment.shape[1] // 2))
                source.add(segment)

    cores.run(give, len(sources))


def _faded(segment: Samples, activity: NDArray[np.bool_], i: int, size: int) -> Samples:
    """Faded where the neighbour of segment `i` is inactive; other sources may hold the same segment."""
    segment = segment.copy()
    rise = np.linspace(0, 1, size, endpoint=False, dtype=np.float32)
    if i > 0 and not activity[i - 1]:
        segment[:, :size] *= rise
    if i + 1 < len(activity) and not activity[i + 1]:
        segment[:, segment.shape[1] - size :] *= rise[::-1]
    return segment

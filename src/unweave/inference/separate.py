"""The second pass: every segment is encoded once and decoded once for each request that is active in it.

The STFT and the encoder do not depend on what is asked for, so they run once for each segment and channel. Pairs of
(segment, request) that the first pass found inactive are silence and cost nothing; the others are decoded in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from unweave.audio.blocks import OverlapAdd
from unweave.inference.gating import GatedResampler
from unweave.inference.recording import Recording, Samples
from unweave.inference.request import Request
from unweave.inference.segmenting import Grid, Segmenter
from unweave.inference.tagging import SegmentTags
from unweave.model import Model, Progress

MOST_ROWS = 64  # decoded segments that are held at once, whatever the number of requests


@dataclass
class Piece:
    """A stretch of the recording with all its tracks, at the recording's rate.

    Attributes:
        start: first sample.
        mixture: (C, n).
        tracks: (C, n) for each request, in their order. Requests with one answer share an array: do not write to it.
    """

    start: int
    mixture: Samples
    tracks: list[Samples]


def separate_blocks(
    model: Model,
    recording: Recording,
    tags: SegmentTags,
    requests: Sequence[Request],
    batch: int = 8,
    progress: Progress | None = None,
) -> Iterator[Piece]:
    """Separate from start to end in constant memory.

    Args:
        model: does the work.
        recording: the one that was heard.
        tags: what was heard in it.
        requests: what is wanted.
        batch: rows that the networks work on at once.
        progress: called with (done, total, "separating") in s.
    """
    grid, channels, rate = Grid.of(model), recording.channels, recording.sample_rate
    keys = [request.key() for request in requests]
    sources = {key: _Source(request, grid, channels, rate) for key, request in zip(keys, requests, strict=True)}
    group = max(1, min(batch // channels, MOST_ROWS // max(1, len(sources) * channels)))
    segmenter = Segmenter(rate, channels, grid)
    mixture = _Queue(channels)
    waiting: list[Samples] = []
    first = start = 0

    def advance(everything: bool) -> None:
        nonlocal first
        while len(waiting) >= group or (everything and waiting):
            segments = np.stack(waiting[:group])  # (n, C, T)
            del waiting[:group]
            _separate_group(model, segments, first, tags, list(sources.values()), batch, grid)
            first += len(segments)

    def ready() -> Piece | None:
        nonlocal start
        size = min([mixture.size, *(source.queue.size for source in sources.values())])
        if size == 0:
            return None
        taken = {key: source.queue.take(size) for key, source in sources.items()}
        piece = Piece(start, mixture.take(size), [taken[key] for key in keys])
        start += size
        if progress is not None:
            progress(start / rate, tags.seconds, "separating")
        return piece

    for block in recording.blocks(max(1, round(grid.hop_seconds * group * rate))):
        mixture.push(block)
        if sources:
            waiting += segmenter.push(block)
            advance(False)
        if (piece := ready()) is not None:
            yield piece
    if sources:
        waiting += segmenter.finish()
        advance(True)
        for source in sources.values():
            source.finish(segmenter.total)
    if (piece := ready()) is not None:
        yield piece


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

    def __init__(self, request: Request, grid: Grid, channels: int, rate: int) -> None:
        self.request = request
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


def _separate_group(
    model: Model,
    segments: Samples,
    first: int,
    tags: SegmentTags,
    sources: Sequence[_Source],
    batch: int,
    grid: Grid,
) -> None:
    """Separate (n, C, T) segments, the first of which is number `first`, and hand the results to their sources."""
    count, channels, samples = segments.shape
    active = np.stack([source.request.activity[first : first + count] for source in sources], axis=1)  # (n, U)
    audible = np.abs(segments).max(axis=2) > 0  # (n, C)
    rows = [(i, c) for i in range(count) for c in range(channels) if audible[i, c] and active[i].any()]
    pairs = [(row, u) for row, (i, _) in enumerate(rows) for u in range(len(sources)) if active[i, u]]
    results: dict[tuple[int, int], Samples] = {}
    if pairs:
        with torch.inference_mode():
            probabilities = torch.from_numpy(tags.clip[first : first + count]).to(model.device)
            conditions = {
                u: source.request.condition(model, probabilities).float()  # (n, D)
                for u, source in enumerate(sources)
                if active[:, u].any()
            }
            mixture = torch.from_numpy(np.stack([segments[i, c] for i, c in rows])).to(model.device)
            encoding = model.separator.encode(mixture)
            for begin in range(0, len(pairs), batch):
                part = pairs[begin : begin + batch]
                index = torch.tensor([row for row, _ in part], device=model.device)
                condition = torch.stack([conditions[u][rows[row][0]] for row, u in part])
                decoded = model.separator.decode(encoding.rows(index), condition)
                for (row, u), samples_of in zip(part, torch.nan_to_num(decoded).float().cpu().numpy(), strict=True):
                    i, c = rows[row]
                    if (i, u) not in results:
                        results[i, u] = np.zeros((channels, samples), np.float32)
                    results[i, u][c] = samples_of
    edge = round(model.settings.edge_seconds * grid.rate) if grid.overlap == 0 else 0
    for u, source_of in enumerate(sources):
        for i in range(count):
            segment = results.get((i, u))
            if segment is not None and edge:
                _fade_edges(segment, source_of.request.activity, first + i, min(edge, samples // 2))
            source_of.add(segment)


def _fade_edges(segment: Samples, activity: NDArray[np.bool_], i: int, size: int) -> None:
    """Fade in place where the neighbour of segment `i` is inactive: without overlap nothing else hides the cut."""
    rise = np.linspace(0, 1, size, endpoint=False, dtype=np.float32)
    if i > 0 and not activity[i - 1]:
        segment[:, :size] *= rise
    if i + 1 < len(activity) and not activity[i + 1]:
        segment[:, segment.shape[1] - size :] *= rise[::-1]

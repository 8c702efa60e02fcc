"""The first pass: what sounds when. The tagger hears every segment once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unweave.errors import UnweaveError
from unweave.inference.batches import Batches
from unweave.inference.events import FRAMES_PER_SECOND, Curve
from unweave.inference.recording import Recording, Samples
from unweave.inference.segmenting import Grid, Segmenter
from unweave.networks import Networks, Progress
from unweave.taggers.base import Tagger

FLOOR = 0.01  # classes that stay below are not kept over time, so that hours of recording stay small
MOST_KEPT = 4_000_000  # samples, a minute of mono: 16 MB
CANCELLED = 0.1  # of the energy that channels without relation would give: below, the downmix has eaten something

Listener = Callable[[Samples], None]


@dataclass
class SegmentTags:
    """What the tagger heard in a whole recording.

    Attributes:
        clip: P of Algorithm 3, probabilities of each segment, (I, K).
        samples: length of the recording at its own rate.
        seconds: the same in s.
        starts: of the segments, in s.
        frames: for each class that rises above the floor, pieces of its curve: (first frame, values).
        segments: (C, T) each at the model's rate, of a recording that is short, where they were to be kept.
        own: probabilities that conditions are made of, (I, K), if those are others (`Tags.own`).
    """

    clip: NDArray[np.float32]
    samples: int
    seconds: float
    starts: list[float]
    frames: dict[int, list[tuple[int, NDArray[np.float16]]]] = field(default_factory=dict)
    segments: list[Samples] | None = None
    own: NDArray[np.float32] | None = None

    @property
    def told(self) -> NDArray[np.float32]:
        """The probabilities that conditions are made of, (I, K)."""
        return self.clip if self.own is None else self.own

    def curve(self, mask: NDArray[np.bool_], weights: NDArray[np.float32] | None = None) -> Curve:
        """The highest probability among the classes of the mask over time, (F,), `FRAMES_PER_SECOND`.

        Args:
            mask: classes, (K,).
            weights: factors of the classes, (K,), or None.
        """
        curve = np.zeros(max(1, int(np.ceil(self.seconds * FRAMES_PER_SECOND - 1e-9))), np.float32)
        for index in np.flatnonzero(mask):
            factor = np.float32(1 if weights is None else weights[index])
            for first, values in self.frames.get(int(index), ()):
                here = curve[first : first + len(values)]
                np.maximum(here, values[: len(here)].astype(np.float32) * factor, out=here)
        return curve


def tag_segments(
    model: Networks,
    recording: Recording,
    batch: int | None = None,
    progress: Progress | None = None,
    listeners: Sequence[Listener] = (),
    keep: bool = False,
) -> SegmentTags:
    """Hear a whole recording, block by block.

    Args:
        model: with a tagger.
        recording: of any rate and any number of channels.
        batch: segments that the tagger hears at once; None: see `Batches`.
        progress: called with (done, total, "listening") in s.
        listeners: called with every block (C, n) of the recording, in order.
        keep: the segments of a short recording, so that the second pass need not make them again.
    """
    if model.tagger is None:
        raise UnweaveError(f"The model {model.name} has no tagger: it cannot say what sounds when.")
    with Batches(model, batch) as batches:
        return _tag_segments(model.tagger, Grid.of(model), recording, batches, progress, listeners, keep)


def _tag_segments(
    tagger: Tagger,
    grid: Grid,
    recording: Recording,
    batches: Batches,
    progress: Progress | None,
    listeners: Sequence[Listener],
    keep: bool,
) -> SegmentTags:
    batch = batches.size
    segmenter = Segmenter(recording.sample_rate, recording.channels, grid)
    heard: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    tags = SegmentTags(np.zeros((0, tagger.classes), np.float32), 0, 0.0, [])
    waiting: list[Samples] = []
    kept: list[Samples] | None = [] if keep else None

    def cut(segments: list[Samples]) -> None:
        nonlocal kept
        waiting.extend(map(downmix, segments))
        if kept is not None:
            kept += segments
            kept = kept if sum(segment.size for segment in kept) <= MOST_KEPT else None

    def hear(everything: bool) -> None:
        while len(waiting) >= batch or (everything and waiting):
            group = np.stack(waiting[:batch])  # (n, T)
            del waiting[:batch]
            heard.append(_hear(tagger, batches, group, grid, sum(len(clip) for clip, _ in heard), tags))

    # Some containers give an estimate only, some nothing.
    samples, estimate = recording.samples, getattr(recording, "seconds", None)
    expected = samples / recording.sample_rate if samples else float(estimate or 0)
    for block in recording.blocks(round(grid.hop_seconds * batch * recording.sample_rate)):
        tags.samples += block.shape[1]
        for listener in listeners:
            listener(block)
        cut(segmenter.push(block))
        hear(False)
        if progress is not None:
            done = tags.samples / recording.sample_rate
            progress(done, max(done, expected), "listening")
    cut(segmenter.finish())
    hear(True)
    tags.clip, told = (np.concatenate(part) for part in zip(*heard, strict=True))
    tags.own, tags.segments = None if np.array_equal(told, tags.clip) else told, kept
    tags.seconds = tags.samples / recording.sample_rate
    tags.starts = [i * grid.hop_seconds for i in range(len(tags.clip))]
    return tags


def downmix(segment: Samples) -> Samples:
    """Channels to mono for the tagger; where they cancel each other, the loudest channel instead.

    Shape:
        (C, T) -> (T,)
    """
    if len(segment) == 1:
        return np.asarray(segment[0])
    mono: Samples = segment.mean(axis=0, dtype=np.float32)
    energies = np.square(segment).sum(axis=1, dtype=np.float64)
    if np.square(mono).sum(dtype=np.float64) < CANCELLED * energies.sum() / len(segment) ** 2:
        return np.asarray(segment[int(energies.argmax())])
    return mono


def _hear(
    tagger: Tagger, batches: Batches, group: Samples, grid: Grid, first: int, tags: SegmentTags
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tag (n, T) segments, the first of which is number `first`; digital silence holds nothing and is not heard.

    Returns:
        What becomes `clip` and `told` of `SegmentTags`, (n, K) each.
    """
    clip, told = (np.zeros((len(group), tagger.classes), np.float32) for _ in range(2))
    rows = np.flatnonzero(np.abs(group).max(axis=1) > 0)
    frames = round(grid.segment_seconds * FRAMES_PER_SECOND)
    curves = np.zeros((len(rows), max(1, frames), tagger.classes), np.float32)

    def hear(start: int, end: int) -> None:
        heard = tagger(torch.from_numpy(group[rows[start:end]]).to(batches.device))
        for numbers, values in ((clip, heard.clip), (told, heard.told)):
            numbers[rows[start:end]] = torch.nan_to_num(values).float().cpu().numpy()
        curves[start:end] = _coarse(heard.clip if heard.frames is None else heard.frames, curves.shape[1])

    batches.run(hear, len(rows), tagger.rows_per_core)
    for row, curve in zip(rows, curves, strict=True):
        start = round((first + int(row)) * grid.hop_seconds * FRAMES_PER_SECOND)
        for index in np.flatnonzero(curve.max(axis=0) >= FLOOR):
            tags.frames.setdefault(int(index), []).append((start, curve[:, index].astype(np.float16)))
    return clip, told


def hear_again(tagger: Tagger, batches: Batches, segments: Samples, wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What a separator is told of some of a few segments, 0 for the others: (n, C, T), (n,) -> (n, K)."""
    told = np.zeros((len(segments), tagger.classes), np.float32)
    rows = np.flatnonzero(wanted & (np.abs(segments).max(axis=(1, 2)) > 0))

    def hear(start: int, end: int) -> None:
        group = np.stack([downmix(segments[i]) for i in rows[start:end]])
        told[rows[start:end]] = torch.nan_to_num(tagger(torch.from_numpy(group).to(batches.device)).told).float().cpu()

    batches.run(hear, len(rows), tagger.rows_per_core)
    return told


def _coarse(probabilities: Tensor, frames: int) -> NDArray[np.float32]:
    """Curves with `frames` values each: (B, F, K), or (B, K) for a tagger that is no detector, -> (B, frames, K)."""
    if probabilities.ndim == 2:
        probabilities = probabilities[:, None]
    curves = functional.adaptive_avg_pool1d(probabilities.float().transpose(1, 2), frames).transpose(1, 2)
    result: NDArray[np.float32] = torch.nan_to_num(curves).cpu().numpy()
    return result

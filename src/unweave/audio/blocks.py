r"""Cutting a stream into overlapping segments and adding them up again, exactly, for any length and block size.

The fades of neighbours sum to one, and the ends of the recording are not faded:
    segment 0   |--------------\
    segment 1              /--------------\
    segment 2                         /--------------|
                |   hop    |  | overlap
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from unweave.errors import UnweaveError

Block = npt.NDArray[np.float32]
Shape = Literal["cosine", "linear"]


def _check(length: int, overlap: int) -> None:
    if length < 1:
        raise UnweaveError(f"A segment must hold at least one sample; got {length}.")
    if not 0 <= overlap <= length // 2:
        raise UnweaveError(f"The overlap must lie between 0 and half a segment ({length // 2}); got {overlap}.")


def fade_in(overlap: int, shape: Shape = "cosine") -> Block:
    """A rise from 0 to 1 whose mirror image is one minus it.

    Args:
        overlap: in samples, 0 or more.
        shape: "cosine" (raised cosine) or "linear".

    Shape:
        (overlap,)
    """
    if shape not in ("cosine", "linear"):
        raise UnweaveError(f"There is no fade {shape!r}; choose cosine or linear.")
    place = (np.arange(overlap) + 0.5) / max(overlap, 1)
    rise = np.sin(0.5 * np.pi * place) ** 2 if shape == "cosine" else place
    return rise.astype(np.float32)


def crossfade_window(length: int, overlap: int, shape: Shape = "cosine") -> Block:
    """The weight of a segment that has neighbours on both sides; the windows of neighbours sum to one.

    Args:
        length: of a segment, in samples.
        overlap: with each neighbour, in samples, 0 to half of `length`.
        shape: of the edges, "cosine" or "linear".

    Shape:
        (length,)

    Raises:
        UnweaveError: lengths that make no sense.
    """
    _check(length, overlap)
    window = np.ones(length, dtype=np.float32)
    rise = fade_in(overlap, shape)
    window[:overlap] = rise
    window[length - overlap :] = 1.0 - rise
    return window


def segment_starts(total: int, length: int, hop: int) -> list[int]:
    """Where segments begin, in samples, so that they cover `total` samples with none beyond need.

    Args:
        total: samples of the recording, 0 or more (0 needs no segment).
        length: of a segment.
        hop: from one segment to the next, 1 to `length`.
    """
    if not 1 <= hop <= length:
        raise UnweaveError(f"The hop must lie between 1 and the segment's {length} samples; got {hop}.")
    if total < 1:
        return []
    return list(range(0, max(total - length, 0) + hop, hop))


class Splitter:
    """Blocks of any size in, segments of one size out.

    Args:
        length: of a segment, in samples.
        hop: from one segment to the next, 1 to `length`.
        mirrored: what lies beyond the end is the sound before it backwards, and not silence.
    """

    def __init__(self, length: int, hop: int, mirrored: bool = False) -> None:
        segment_starts(1, length, hop)  # checks both
        self.length, self.hop, self.mirrored = length, hop, mirrored
        self.total = 0
        self._held: list[Block] = []
        self._count = 0
        self._given = 0

    def push(self, block: Block) -> list[Block]:
        """Take a block and give the segments that are full.

        Shape:
            block (C, n) -> each (C, length)
        """
        self.total += block.shape[1]
        self._held.append(block)
        self._count += block.shape[1]
        if self._count < self.length:
            return []
        joined = np.concatenate(self._held, axis=1)
        segments = []
        start = 0
        while joined.shape[1] - start >= self.length:
            segments.append(joined[:, start : start + self.length].copy())
            start += self.hop
        # A copy, so that the large array behind it is not kept.
        rest = joined[:, start:].copy()
        self._held, self._count = [rest], rest.shape[1]
        self._given += len(segments)
        return segments

    def finish(self) -> list[Block]:
        """Give the last segment, filled up, if there are samples that no segment holds yet.

        Shape:
            (C, length), at most one
        """
        covered = (self._given - 1) * self.hop + self.length if self._given else 0
        if self.total <= covered:
            return []
        rest = np.concatenate(self._held, axis=1)
        self._given += 1
        return [np.pad(rest, ((0, 0), (0, self.length - rest.shape[1])), "symmetric" if self.mirrored else "constant")]


class OverlapAdd:
    """The way back: segments in, finished samples out, neighbours cross-faded.

    One segment is held back, because only the next one, or the end, tells how its last samples are to be faded.

    Args:
        length: of a segment, in samples.
        overlap: of neighbours, 0 to half of `length`; the hop is their difference.
        shape: of the fades, "cosine" or "linear".
        channels: needed only if the first segments may be silent (None); otherwise taken from the first segment.

    Raises:
        UnweaveError: lengths that make no sense.
    """

    def __init__(self, length: int, overlap: int, shape: Shape = "cosine", channels: int | None = None) -> None:
        _check(length, overlap)
        self.length, self.overlap, self.channels = length, overlap, channels
        self._rise = fade_in(overlap, shape)
        self._pending: Block | None = None
        self._pending_length = 0
        self._given = 0

    def add(self, segment: Block | None) -> Block:
        """Take the next segment and give the samples that are now final.

        Args:
            segment: None for a silent one, which costs next to nothing.

        Shape:
            segment (C, length) -> (C, m), m is 0 for the first one, `length` for the second, the hop from then on
        """
        if segment is not None:
            if segment.ndim != 2 or segment.shape[1] != self.length:
                raise UnweaveError(f"Expected a segment of {self.length} samples, (C, T); got shape {segment.shape}.")
            self.channels = self.channels or segment.shape[0]
        if not self._pending_length:
            self._hold(segment, self.length)
            return self._zeros(0)
        final = self._zeros(self._pending_length)
        tail = self._pending_length - self.overlap
        if self._pending is not None:
            final[:] = self._pending
        if segment is not None:
            head = segment[:, : self.overlap]
            # Written so that two equal neighbours give back exactly what they both hold.
            final[:, tail:] += (head - final[:, tail:]) * self._rise
            self._hold(segment[:, self.overlap :], self.length - self.overlap)
        else:
            final[:, tail:] -= final[:, tail:] * self._rise
            self._hold(None, self.length - self.overlap)
        self._given += final.shape[1]
        return final

    def finish(self, total: int) -> Block:
        """Give the rest.

        Args:
            total: samples of the whole recording.

        Shape:
            (C, m), so that all that was given makes `total`
        """
        left = total - self._given
        if not 0 <= left <= self._pending_length:
            raise UnweaveError(
                f"The segments hold {self._given} to {self._given + self._pending_length} samples, not {total}."
            )
        rest = self._zeros(left) if self._pending is None else self._pending[:, :left].copy()
        self._given, self._pending, self._pending_length = total, None, 0
        return rest

    def _hold(self, samples: Block | None, length: int) -> None:
        self._pending = None if samples is None else samples.copy()
        self._pending_length = length

    def _zeros(self, samples: int) -> Block:
        if self.channels is None:
            raise UnweaveError("The first segments are silent: give OverlapAdd the number of channels.")
        return np.zeros((self.channels, samples), dtype=np.float32)

"""A recording of any rate as segments at the model's rate; both passes cut it with this."""

from __future__ import annotations

from dataclasses import dataclass

from unweave.audio.blocks import Splitter
from unweave.audio.resampling import Resampler
from unweave.inference.recording import Samples
from unweave.networks import Networks


@dataclass(frozen=True)
class Grid:
    """Where segments lie.

    Attributes:
        rate: the model's, in Hz.
        segment: length in samples.
        overlap: of neighbours, in samples.
    """

    rate: int
    segment: int
    overlap: int

    @classmethod
    def of(cls, model: Networks, overlap: bool = True) -> Grid:
        """The grid of a model's settings, or the same without overlap."""
        rate, settings = model.sample_rate, model.settings
        shared = round(settings.overlap_seconds * rate) if overlap else 0
        return cls(rate, max(1, round(settings.segment_seconds * rate)), shared)

    def splitter(self) -> Splitter:
        """What cuts samples at the model's rate so.

        A network that has learnt from sounds cut out of the middle separates the end worse beside silence, so the last
        segment is filled up with the sound before it backwards; a grid without overlap cuts as the published code does.
        """
        return Splitter(self.segment, self.hop, mirrored=self.overlap > 0)

    @property
    def hop(self) -> int:
        """From one segment to the next, in samples."""
        return self.segment - self.overlap

    @property
    def hop_seconds(self) -> float:
        """The same in s."""
        return self.hop / self.rate

    @property
    def segment_seconds(self) -> float:
        """Length of a segment in s."""
        return self.segment / self.rate


class Segmenter:
    """Blocks at the recording's rate in, segments (C, segment) at the model's rate out.

    Args:
        sample_rate: of the recording, in Hz.
        channels: of the recording.
        grid: of the model.
    """

    def __init__(self, sample_rate: int, channels: int, grid: Grid) -> None:
        self._resampler = Resampler(sample_rate, grid.rate, channels)
        self._splitter = grid.splitter()

    @property
    def total(self) -> int:
        """Samples at the model's rate so far; after `finish`, of the whole recording."""
        return self._splitter.total

    def push(self, block: Samples) -> list[Samples]:
        """Take a block (C, n) and give the segments that are full."""
        return self._splitter.push(self._resampler.push(block))

    def finish(self) -> list[Samples]:
        """Give the last segments, the very last one filled up."""
        return [*self._splitter.push(self._resampler.finish()), *self._splitter.finish()]

"""One face for what is separated: a file that is read in blocks, or samples that are already there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from typing import Any, Protocol, TypeVar

import numpy as np

from unweave.audio.stretch import Readable, Stretch
from unweave.errors import UnweaveError
from unweave.inference.samples import Samples, rate_of, samples_of

__all__ = ["ArrayRecording", "Recording", "Samples", "open_recording", "part_of"]


class Recording(Readable, Protocol):
    """What passes over a recording need; `blocks` can be asked for again and again."""


R = TypeVar("R", bound=Recording)
Part = tuple[float, float | None]
WHOLE: Part = (0.0, None)


def part_of(recording: R, part: Part) -> R | Stretch:
    """A recording from one time to another, in s, as if that were all of it; itself for the whole.

    Raises:
        UnweaveError: it ends before the part begins.
    """
    return recording if part == WHOLE else Stretch(recording, *part)


def origin_of(recording: Recording) -> int:
    """The sample of the whole recording at which a part of it begins; 0 for what is no part."""
    return recording.first if isinstance(recording, Stretch) else 0


class ArrayRecording:
    """Samples in memory as a recording; what is not a number becomes 0, as it does in files.

    Args:
        audio: (C, T) float32.
        sample_rate: in Hz.
    """

    def __init__(self, audio: Samples, sample_rate: int) -> None:
        self.audio = np.nan_to_num(audio, nan=0.0, posinf=0.0, neginf=0.0)
        self.sample_rate = sample_rate

    @property
    def channels(self) -> int:
        """C."""
        return len(self.audio)

    @property
    def samples(self) -> int:
        """T."""
        return int(self.audio.shape[1])

    def blocks(self, size: int) -> Iterator[Samples]:
        """Pieces (C, n), n <= size, in order."""
        for start in range(0, self.samples, size):
            yield self.audio[:, start : start + size]


def open_recording(audio: Any, sample_rate: int | None, stream: int | None = None) -> AbstractContextManager[Recording]:
    """A file by its path, an open file or `BytesIO`, or samples (C, T) or (T,) with their rate.

    Args:
        audio: one of them.
        sample_rate: in Hz, with samples alone.
        stream: number of the audio stream of a file that holds several; None for its default.

    Raises:
        UnweaveError: neither.
    """
    if isinstance(audio, (str, PathLike)) or callable(getattr(audio, "read", None)):
        if sample_rate is not None:
            raise UnweaveError("A file knows its own sample rate; sample_rate goes with samples only.")
        from unweave.audio.io import open_audio

        return open_audio(audio, stream)
    return nullcontext(ArrayRecording(samples_of(audio), rate_of(sample_rate)))

"""One face for what is separated: a file that is read in blocks, or samples that are already there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from unweave.errors import UnweaveError
from unweave.inference.samples import Samples, rate_of, samples_of

__all__ = ["ArrayRecording", "Recording", "Samples", "open_recording"]


class Recording(Protocol):
    """What passes over a recording need; `blocks` can be asked for again and again."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        ...

    @property
    def channels(self) -> int:
        """C."""
        ...

    @property
    def samples(self) -> int | None:
        """T, or None where it is not known before the end."""
        ...

    def blocks(self, size: int) -> Iterator[Samples]:
        """Pieces (C, n), n <= size, from the start."""
        ...


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


def open_recording(audio: Any, sample_rate: int | None) -> AbstractContextManager[Recording]:
    """A file by its path, or samples (C, T) or (T,) with their rate.

    Raises:
        UnweaveError: neither.
    """
    if isinstance(audio, (str, Path)):
        if sample_rate is not None:
            raise UnweaveError("A file knows its own sample rate; sample_rate goes with samples only.")
        from unweave.audio.io import open_audio

        return open_audio(audio)
    return nullcontext(ArrayRecording(samples_of(audio), rate_of(sample_rate)))

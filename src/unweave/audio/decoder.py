"""What every decoder gives: what a file says about its sound, the sound, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Block = npt.NDArray[np.float32]

# What lies outside is a damaged header: a rate of 1 Hz or of 2 GHz makes hours, or gigabytes, of a second of sound.
LOWEST_RATE, HIGHEST_RATE = 100, 1_000_000


@dataclass(frozen=True)
class AudioInfo:
    """What a file says about its sound.

    Args:
        path: the file.
        sample_rate: in Hz.
        channels: 1 for mono.
        samples: exact number of samples per channel, None where the container does not say.
        seconds: length; an estimate of the container where `samples` is None, None if it has no estimate either.
        layout: what the channels are, in FFmpeg's words ("5.1", "quad", "ambisonic 1"), in the order of WAV; "B-format"
            for the WAV files of that name; None where nothing is known.
        floating: the file holds samples in floating point.
        stream: number of the audio stream that is read.
        streams: how many audio streams there are.
        start: where the first sample stands on the clock of the container, in s; None where it has none.
    """

    path: Path
    sample_rate: int
    channels: int
    samples: int | None
    seconds: float | None
    layout: str | None = None
    floating: bool = False
    stream: int = 0
    streams: int = 1
    start: float | None = None


@dataclass
class Findings:
    """What one pass over a file met with.

    Attributes:
        damaged: places at which something could not be decoded.
        filled: seconds of silence that were put where the file's time stamps say that nothing is.
        changes: times at which rate or channels changed and were converted to those of the beginning.
        notes: further sentences.
    """

    damaged: int = 0
    filled: float = 0.0
    changes: int = 0
    notes: list[str] = field(default_factory=list)


class Decoder(Protocol):
    """A file opened once to learn about it, and decoded from its start as often as asked."""

    info: AudioInfo

    def decode(self, findings: Findings) -> Iterator[Block]:
        """Blocks (C, n) in float32, of whatever sizes, always the same ones; faults end it and are counted."""
        ...

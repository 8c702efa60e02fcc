"""All tracks of a recording in one file of many channels, as editors of many tracks take it, each channel with a name.

A WAV; past 4 GB it becomes RF64 by itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.formats import Subtype
from unweave.audio.tags import Tags
from unweave.audio.wav_chunks import Marker
from unweave.audio.writer import AudioWriter
from unweave.errors import UnweaveError


class OneFileWriter:
    """A WAV of all tracks being written; a context manager, as `AudioWriter` is.

    Args:
        path: the file to write; one that exists is replaced.
        sample_rate: in Hz.
        channels: of each track, those of the recording.
        names: of the tracks, in the order of the file.
        subtype: "PCM_16", "PCM_24" or "FLOAT"; FLOAT by default.
        tags: what the file says of itself.
        markers: what sounds when.

    Attributes:
        channel_names: one for each channel of the file: "Dog", or "Dog L" and "Dog R", or "Dog 1" to "Dog 6".

    Raises:
        UnweaveError: no tracks, more channels than a WAV holds, or a place that cannot be written to.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        names: Sequence[str],
        subtype: Subtype | None = None,
        tags: Tags | None = None,
        markers: Sequence[Marker] = (),
    ) -> None:
        if not names:
            raise UnweaveError(f"There are no tracks to write into {path}.")
        self.channels, self.tracks = channels, len(names)
        self.channel_names = [name for track in names for name in _channel_names(track, channels)]
        self._writer = AudioWriter(
            path,
            sample_rate,
            channels * len(names),
            "wav",
            subtype,
            tags=tags,
            markers=markers,
            channel_names=self.channel_names,
        )

    @property
    def clipped(self) -> int:
        """Samples beyond full scale that were clipped so far; always 0 for FLOAT."""
        return self._writer.clipped

    @property
    def samples(self) -> int:
        """Samples per channel written so far."""
        return self._writer.samples

    def write(self, blocks: Sequence[npt.NDArray[Any]]) -> None:
        """Append a block of every track.

        Shape:
            one for each track, all (C, n), floating point, full scale at 1.

        Raises:
            UnweaveError: too few or too many, of another shape than the others, or the disk is full.
        """
        shapes = {block.shape for block in blocks}
        if len(blocks) != self.tracks or len(shapes) != 1 or blocks[0].shape[0] != self.channels:
            raise UnweaveError(
                f"{self._writer.path} takes {self.tracks} blocks of {self.channels} channels and of one length; "
                f"got the shapes {sorted(shapes)}."
            )
        self._writer.write(np.concatenate(blocks, axis=0))

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._writer.close()

    def abort(self) -> None:
        """Drop what was written; an older file of this name stays as it was."""
        self._writer.abort()

    def __enter__(self) -> OneFileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)


def _channel_names(track: str, channels: int) -> list[str]:
    if channels == 1:
        return [track]
    if channels == 2:
        return [f"{track} L", f"{track} R"]
    return [f"{track} {number}" for number in range(1, channels + 1)]

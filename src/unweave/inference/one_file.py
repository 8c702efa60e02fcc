"""All tracks of a recording into one file of many channels, though each is written by itself."""

from __future__ import annotations

import contextlib
from pathlib import Path

from unweave.audio.io import AudioReader
from unweave.audio.labels import event_markers
from unweave.audio.one_file import OneFileWriter
from unweave.audio.stretch import Stretch
from unweave.audio.tags import Tags
from unweave.inference.events import Event
from unweave.inference.options import Output
from unweave.inference.recording import Samples

NAME = "tracks.wav"


class Slot:
    """The channels of one track; used like an `AudioWriter`."""

    def __init__(self, whole: OneFile) -> None:
        self._whole = whole
        self.block: Samples | None = None

    @property
    def clipped(self) -> int:
        """Of the whole file, for its first track."""
        return self._whole.clipped if self._whole.slots[0] is self else 0

    def write(self, block: Samples) -> None:
        """Hold a block (C, n) until all tracks have theirs."""
        self.block = block


class OneFile:
    """The file.

    Args:
        folder: to make it in.
        recording: whose tracks they are.
        output: how samples are written.
    """

    def __init__(self, folder: Path, recording: AudioReader | Stretch, output: Output) -> None:
        self._folder, self._recording, self._output = folder, recording, output
        self._names: list[str] = []
        self._events: list[Event] = []
        self._writer: OneFileWriter | None = None
        self.slots: list[Slot] = []

    @property
    def clipped(self) -> int:
        """Samples beyond full scale that were clipped."""
        return 0 if self._writer is None else self._writer.clipped

    def add(self, name: str, events: list[Event]) -> tuple[Slot, list[int]]:
        """Another track; where to write it, and the numbers of its channels, from 0."""
        count = self._recording.channels
        first = count * len(self.slots)
        self.slots.append(Slot(self))
        self._names.append(name)
        self._events += [event for event in events if event not in self._events]
        return self.slots[-1], list(range(first, first + count))

    def open(self, stack: contextlib.ExitStack) -> None:
        """Begin the file, once all tracks are known."""
        recording = self._recording
        self._writer = OneFileWriter(
            self._folder / NAME,
            recording.sample_rate,
            recording.channels,
            self._names,
            self._output.subtype_for(recording.info.floating),
            Tags.of("All tracks", recording.path),
            event_markers(self._events, recording.sample_rate),
        )
        stack.enter_context(self._writer)

    def flush(self) -> None:
        """Write what all tracks hold."""
        assert self._writer is not None
        self._writer.write([slot.block for slot in self.slots if slot.block is not None])

"""A part of a recording that is read as if it were all of it: `--from` and `--to`."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from unweave.audio.times import format_time
from unweave.errors import UnweaveError

Block = npt.NDArray[np.float32]


class Readable(Protocol):
    """What a stretch is cut from: an `AudioReader`, or samples in memory that are read like one."""

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

    def blocks(self, size: int, /) -> Iterator[Block]:
        """Pieces (C, n), n <= size, from the start."""
        ...


class Stretch:
    """A recording from one time to another, exact to the sample; read like the recording itself.

    Sample n of it is sample `first + n` of the recording; a time is that of the sample nearest to it. What it does not
    have itself (`path`, `non_finite`, `truncated`, ...) it answers with the recording's.

    Args:
        recording: all of it.
        start: in s.
        end: in s; None for the end of the recording, and so is one after it.

    Attributes:
        first: the first sample, counted in the recording.
        start: its time, in s.
        end: as given.

    Raises:
        UnweaveError: a stretch without a sample in it, or one that begins after the end.
    """

    def __init__(self, recording: Readable, start: float = 0.0, end: float | None = None) -> None:
        self._recording: Any = recording
        self.sample_rate, self.channels = recording.sample_rate, recording.channels
        self.first, self.end = round(start * self.sample_rate), end
        self.start = self.first / self.sample_rate
        self._last = None if end is None else round(end * self.sample_rate)
        self._found: int | None = None
        if self._last is not None and self._last <= self.first:
            raise UnweaveError(
                f"There is no sample of {self._name} from {format_time(start)} to {format_time(end or 0.0)}; "
                "the end must come after the start."
            )
        if recording.samples is not None and self.first >= recording.samples:
            raise self._outside(recording.samples)

    @property
    def samples(self) -> int | None:
        """Exact number per channel; None if the container does not say, known after a whole pass."""
        whole: int | None = self._recording.samples
        if self._found is not None or whole is None:
            return self._found
        return max((whole if self._last is None else min(self._last, whole)) - self.first, 0)

    @property
    def seconds(self) -> float | None:
        """Length, an estimate where `samples` is None; None without one."""
        if self.samples is not None:
            return self.samples / self.sample_rate
        ends = [end for end in (getattr(self._recording, "seconds", None), self.end) if end is not None]
        return max(min(ends) - self.start, 0.0) if ends else None

    def blocks(self, samples: int) -> Iterator[Block]:
        """Read from the start of the stretch in blocks of `samples` samples, the last one shorter; may be called again.

        Shape:
            each block (C, samples), float32

        Raises:
            UnweaveError: as the recording itself, or the stretch begins after the end of what can be read.
        """
        place, given = 0, 0
        held: Block | None = None
        for block in self._recording.blocks(samples):
            stop = None if self._last is None else max(self._last - place, 0)
            part = block[:, max(self.first - place, 0) : stop]
            place += block.shape[1]
            held = part if held is None or not held.shape[1] else np.concatenate([held, part], axis=1)
            if held.shape[1] >= samples:
                yield held[:, :samples]
                given += samples
                held = held[:, samples:]
            if self._last is not None and place >= self._last:
                break
        if held is not None and held.shape[1]:
            yield held
            given += held.shape[1]
        if not given:
            raise self._outside(place)
        self._found = given

    def before(self, samples: int) -> Iterator[Block]:
        """The recording up to the stretch, in blocks of at most `samples` samples: for a file of all of it."""
        place = 0
        for block in self._recording.blocks(samples) if self.first else ():
            yield block[:, : self.first - place]
            place += block.shape[1]
            if place >= self.first:
                return

    def after(self, samples: int) -> Iterator[Block]:
        """The recording from the end of the stretch on."""
        place = 0
        for block in self._recording.blocks(samples) if self._last is not None else ():
            part = block[:, max((self._last or 0) - place, 0) :]
            place += block.shape[1]
            if part.shape[1]:
                yield part

    def __getattr__(self, name: str) -> Any:
        if name == "_recording":  # not there yet
            raise AttributeError(name)
        return getattr(self._recording, name)

    def __enter__(self) -> Stretch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self._recording, "__exit__"):
            self._recording.__exit__(kind, error, trace)

    @property
    def _name(self) -> str:
        return str(getattr(self._recording, "path", "the recording"))

    def _outside(self, there: int) -> UnweaveError:
        sentence = (
            f"{self._name} is {format_time(there / self.sample_rate)} long, so there is nothing from "
            f"{format_time(self.start)} on; choose an earlier time."
        )
        return UnweaveError(sentence[0].upper() + sentence[1:] if sentence.startswith("the ") else sentence)

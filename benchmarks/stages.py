"""Where the time of a separation goes: processor seconds of each stage, without those of the stages inside it."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from unweave.audio.io import AudioReader, AudioWriter
from unweave.audio.stft import Stft
from unweave.inference import files, hear
from unweave.inference.envelope import Envelope, Spectrum
from unweave.inference.gating import GatedResampler
from unweave.inference.segmenting import Segmenter
from unweave.model import Model

REST = "everything else"
# What is timed, in the order of the table: stage, where it is, names of the functions.
WHERE: list[tuple[str, Any, tuple[str, ...]]] = [
    ("read", AudioReader, ("blocks",)),
    ("resample to the model's rate", Segmenter, ("push", "finish")),
    ("STFT", Stft, ("forward",)),
    ("inverse STFT", Stft, ("inverse",)),
    ("resample back", GatedResampler, ("push", "finish")),
    ("write", AudioWriter, ("write", "close")),
    ("envelopes of the overview", Envelope, ("add",)),
    ("envelopes of the overview", Spectrum, ("add",)),
    ("draw the overview", files, ("draw_overview",)),
    ("plan, events", hear, ("plan",)),
    ("plan, events", files, ("class_events",)),
]


class Stages:
    """Processor seconds by stage. Calls nest in one thread; those of others do not count."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner = [0.0]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what happens inside to `name`."""
        self._inner.append(0.0)
        start = time.process_time()
        try:
            yield
        finally:
            spent = time.process_time() - start
            self.seconds[name] += spent - self._inner.pop()
            self._inner[-1] += spent

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` with its calls added to `name`; of what it yields, the waiting for each piece."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                given = function(*args, **kwargs)
            return self._pieces(name, given) if isinstance(given, Iterator) else given

        return call

    def _pieces(self, name: str, pieces: Iterator[Any]) -> Iterator[Any]:
        done = object()
        while True:
            with self.stage(name):
                piece = next(pieces, done)
            if piece is done:
                return
            yield piece


@contextmanager
def watched(model: Model) -> Iterator[Stages]:
    """Time the stages of what `model` does inside; everything is as it was afterwards."""
    stages = Stages()
    networks = [("tag", model.tagger, ("forward",)), ("encode", model.separator, ("encode",))]
    networks += [("decode", model.separator, ("decode",))]
    changed: list[tuple[Any, str, Any]] = []
    for name, owner, functions in [*WHERE, *networks]:
        for function in functions if owner is not None else ():
            changed.append((owner, function, vars(owner).get(function)))
            setattr(owner, function, stages.timed(name, getattr(owner, function)))
    try:
        with stages.stage(REST):
            yield stages
    finally:
        for owner, function, before in changed:
            if before is None:
                delattr(owner, function)
            else:
                setattr(owner, function, before)

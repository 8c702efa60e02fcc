"""A stream while it sounds: blocks in, as many samples out, later by a delay that is exact to the sample.

At every hop the newest segment is heard and separated, and the part of it that has enough to its right is given out,
faded from the answer of the hop before. The work of a hop is done in a thread beside the stream, which waits for it
only where the room for it (`unweave.inference.live_timing`) was too small. What is given out is the stream itself,
delayed, plus what is changed: where nothing is to be changed, every sample is what it was.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import numpy as np

from unweave.errors import UnweaveError
from unweave.inference.change import Change
from unweave.inference.live_hop import Hops
from unweave.inference.live_load import Load
from unweave.inference.live_timing import DEFAULT, Timing
from unweave.inference.live_window import Tail, Window
from unweave.inference.options import check_threshold
from unweave.inference.recording import Samples
from unweave.inference.samples import MOST_CHANNELS, rate_of, samples_of
from unweave.inference.segmenting import Grid
from unweave.networks import Networks
from unweave.surroundings import Process, undisturbed

SEPARATED = 1.0  # s of a segment that are separated: as good as 2 s here, and half of the work


class Live:
    """What `Model.live` gives; memory does not grow, however long the stream.

    Args:
        model: does the work.
        sample_rate: of the stream, in Hz.
        channels: C.
        change: what is wanted.
        latency: s from a sample's coming in to its going out.
        threshold: probability from which something counts as sounding; None: the model's own.

    Attributes:
        delay: the same in samples.
        sentences: that the user should read.
        load: how the machine keeps up.

    Raises:
        UnweaveError: what is asked for or given cannot be used.
    """

    def __init__(
        self,
        model: Networks,
        sample_rate: int,
        channels: int,
        change: Change,
        latency: float = DEFAULT,
        threshold: float | None = None,
    ) -> None:
        self.sample_rate, self.channels = rate_of(sample_rate), channels
        if isinstance(channels, bool) or not isinstance(channels, int) or not 1 <= channels <= MOST_CHANNELS:
            raise UnweaveError(f"A stream has 1 to {MOST_CHANNELS} channels, not {ascii(channels)[:60]}.")
        self.timing = Timing.of(latency, self.sample_rate)
        self.delay = self.timing.delay
        grid = Grid.of(model)
        hearing = Window(self.sample_rate, grid.rate, grid.segment)
        window = Window(self.sample_rate, grid.rate, min(grid.segment, round(SEPARATED * grid.rate)))
        if window.size < self.timing.hop + self.timing.ahead:
            most = window.size / self.sample_rate
            raise UnweaveError(f"The model {model.name} separates {most:g} s at once; choose a shorter latency.")
        if threshold is not None:
            check_threshold(threshold)
        self.load = Load()
        self._hops = Hops(model, hearing, window, self.timing, change, channels, threshold)
        self.sentences = self._hops.sentences
        self._rest = np.float32(change.rest)
        self._tail = Tail(channels, max(hearing.size, self.delay + self.timing.hop))
        self._ready: deque[Samples] = deque([np.zeros((channels, self.timing.hop + self.timing.room), np.float32)])
        self._before = self.delay  # samples that are still given out before the first one
        self._heard = 0  # samples that came in, no more than are heard at once
        self._filled = 0  # samples of the hop that is coming in
        self._working: Future[tuple[Samples | None, float]] | None = None
        self._worker = ThreadPoolExecutor(1, "live")
        self._process = Process()
        self._ended = False

    @property
    def latency(self) -> float:
        """The delay in s."""
        return self.delay / self.sample_rate

    @property
    def ended(self) -> bool:
        """Whether nothing can be pushed any more."""
        return self._ended

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rehearse(self) -> float:
        """Do the work of some hops for nothing, before the stream begins; gives its load, seconds for each of sound."""
        self._hops.rehearse()
        began = time.perf_counter()
        self._hops.rehearse()
        return (time.perf_counter() - began) * self.sample_rate / self.timing.hop

    @undisturbed
    def push(self, block: Any) -> Samples:
        """Take the next samples and give as many, which came in `delay` samples before; silence at first.

        Args:
            block: of any size, full scale 1.0 or whole numbers (`unweave.inference.samples`).

        Shape:
            (C, n) -> (C, n), or (n,) -> (n,) for one channel

        Raises:
            UnweaveError: no samples, or of another number of channels; or the stream has ended.
        """
        if self._ended:
            raise UnweaveError("This stream has ended; begin a new one.")
        if np.ndim(block) in (1, 2) and np.shape(block)[-1] == 0:
            return np.zeros(np.shape(block), np.float32)
        samples = samples_of(block)
        if len(samples) != self.channels:
            raise UnweaveError(f"This stream has {self.channels} channels, (C, n); a block of {len(samples)} came.")
        given = self._push(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0))
        return given[0] if np.ndim(block) == 1 else given

    @undisturbed
    def flush(self) -> Samples:
        """The stream is over: give the last `delay` samples of it. What would come next is taken for its mirror image.

        Shape:
            -> (C, delay)
        """
        if self._ended:
            return np.zeros((self.channels, 0), np.float32)
        given = self._push(self._tail.last(self.delay)[:, ::-1])
        self._ended = True
        self.close()
        return given

    def close(self) -> None:
        """Give back the thread; what is still inside is lost."""
        self._ended = True
        self._worker.shutdown()

    def _push(self, samples: Samples) -> Samples:
        given = np.empty_like(samples, order="C")
        at = 0
        while at < samples.shape[1]:
            count = min(self.timing.hop - self._filled, samples.shape[1] - at)
            self._tail.push(samples[:, at : at + count])
            if self._rest:
                given[:, at : at + count] = self._rest * self._tail.last(count, self.delay)
            else:
                given[:, at : at + count] = 0
            self._filled += count
            if self._filled == self.timing.hop:
                self._begin()
            self._add(given[:, at : at + count])
            at += count
        silent = min(self._before, at)  # no filter rings before the stream has begun
        given[:, :silent] = 0
        self._before -= silent
        return given

    def _begin(self) -> None:
        """Let the work of a hop begin; that of the one before it was taken, since its room is no longer than a hop."""
        if self._process.has_forked():  # the thread stayed behind
            raise UnweaveError("A stream cannot go on in a forked process; begin one there.")
        self._collect()
        self._filled = 0
        if self._hops.sounds:
            self._working = self._worker.submit(self._work, self._newest())
        else:
            self._ready.append(np.zeros((self.channels, self.timing.hop), np.float32))

    def _newest(self) -> Samples:
        """As many samples as are heard; before the first one there is its mirror image, not silence."""
        size = self._hops.hearing.size
        self._heard = min(size, self._heard + self.timing.hop)
        return np.pad(self._tail.last(self._heard), ((0, 0), (size - self._heard, 0)), "symmetric")

    def _work(self, samples: Samples) -> tuple[Samples | None, float]:
        began = time.perf_counter()
        return self._hops(samples), time.perf_counter() - began

    def _collect(self) -> None:
        if self._working is None:
            return
        self.load.late += not self._working.done()
        added, seconds = self._working.result()
        self._working = None
        self.load.add(seconds, self.timing.hop / self.sample_rate)
        self._ready.append(np.zeros((self.channels, self.timing.hop), np.float32) if added is None else added)

    def _add(self, given: Samples) -> None:
        """Add what is changed to the next samples, and wait for it where it is not there yet."""
        at = 0
        while at < given.shape[1]:
            if not self._ready:
                self._collect()
            added = self._ready.popleft()
            count = min(added.shape[1], given.shape[1] - at)
            given[:, at : at + count] += added[:, :count]
            if count < added.shape[1]:
                self._ready.appendleft(added[:, count:])
            at += count


def live_blocks(begin: Callable[[int], Live], blocks: Iterable[Any]) -> Iterator[Samples]:
    """All blocks through a stream, then what is left in it.

    Args:
        begin: makes the stream for a number of channels; what is wrong with what is asked is told at once, by one.
        blocks: (C, n) or (n,) each.
    """
    begin(1).close()

    def run() -> Iterator[Samples]:
        live: Live | None = None
        flat = False
        try:
            for block in blocks:
                if live is None:
                    flat = np.ndim(block) == 1
                    live = begin(1 if flat else np.shape(block)[0])
                yield live.push(block)
            if live is not None:
                yield live.flush()[0] if flat else live.flush()
        finally:
            if live is not None:
                live.close()

    return run()

"""Batches of whole clips for training, read ahead by worker processes.

Processes and not threads, because HDF5 has one lock for all of a process: threads would wait for each other at the
disk. Workers are started afresh rather than forked, so that none inherits an open file or a lock in an unknown state;
each opens the store when it first reads. They only read. What comes next is drawn in the main process, in order, and
every batch carries a seed for all that is drawn from it later, so that a run is the same with any number of workers.
The processes of a run have the same seed: they draw for the joint batch, and each takes its part.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data import Sampler as Order

from unweave.data.sampler import Sampler
from unweave.errors import UnweaveError
from unweave.processes import helper


class Waveforms(Protocol):
    """What is read from; `unweave.data.store.Store` is one. With workers it must be picklable, without open files."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Samples of each clip."""

    def read(self, row: int, start: int, length: int, /) -> NDArray[np.float32]:
        """Samples `start` .. `start + length` of a clip; silence behind its end."""

    def name(self, row: int, /) -> str:
        """What a clip is called in messages."""


@dataclass
class Batch:
    """Clips as they are stored.

    Attributes:
        rows: which clips, (B,) int64.
        classes: the class that each was drawn for, (B,) int64; -1 for none.
        waveform: (B, T) float32, silent behind the end of a clip.
        lengths: samples of each clip before the silence, (B,) int64.
        starts: first sample of each within its clip, (B,) int64: above 0 only for a part of a clip longer than T.
        names: of the clips, for messages.
        seed: for all that is drawn from this batch; the same in all processes that draw together.
        rank, world: whose part of the joint batch this is, and how many parts there are.
    """

    rows: Tensor
    classes: Tensor
    waveform: Tensor
    lengths: Tensor
    starts: Tensor
    names: list[str]
    seed: int
    rank: int = 0
    world: int = 1

    @property
    def part(self) -> slice:
        """Which rows of the joint batch these are."""
        return slice(self.rank * len(self.rows), (self.rank + 1) * len(self.rows))

    def to(self, device: torch.device | str) -> Batch:
        """The batch with its waveforms, lengths and classes on `device`; rows and starts stay on the CPU."""
        return replace(
            self,
            waveform=self.waveform.to(device, non_blocking=True),
            lengths=self.lengths.to(device, non_blocking=True),
            classes=self.classes.to(device, non_blocking=True),
        )

    def pin_memory(self) -> Batch:
        """The batch with waveforms that can be sent to a GPU while it computes; DataLoader calls it."""
        return replace(self, waveform=self.waveform.pin_memory())


@dataclass
class _Request:
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    seed: int
    rank: int
    world: int


@dataclass
class _Unreadable:
    sentence: str


class _Reader(Dataset[Any]):
    """Reads what is asked for; one copy works in each worker."""

    def __init__(self, store: Waveforms, samples: int) -> None:
        self.store, self.samples = store, samples

    def __getitem__(self, request: _Request) -> Batch | _Unreadable:
        rng = np.random.default_rng(request.seed)
        lengths = np.array([int(self.store.lengths[row]) for row in request.rows], np.int64)
        chance = rng.random((request.world, len(lengths)))[request.rank]  # drawn for all processes alike
        starts = (chance * (np.maximum(lengths - self.samples, 0) + 1)).astype(np.int64)
        waveform = torch.empty(len(lengths), self.samples)
        names = [self.store.name(int(row)) for row in request.rows]
        for i, row in enumerate(request.rows.tolist()):
            try:
                waveform[i] = torch.from_numpy(self.store.read(row, int(starts[i]), self.samples))
            except Exception as error:  # whatever a broken file makes its reader say
                return _Unreadable(
                    f"The clip {names[i]} (number {row} of the store) cannot be read: {error}. Mend or leave out the "
                    "clip; the run goes on from its last checkpoint."
                )
        return Batch(
            torch.from_numpy(request.rows),
            torch.from_numpy(request.classes),
            waveform,
            torch.from_numpy(np.minimum(lengths - starts, self.samples)),
            torch.from_numpy(starts),
            names,
            request.seed,
            request.rank,
            request.world,
        )


class _Requests(Order[_Request]):
    """Draws, and notes the state after each draw until its batch is handed out."""

    def __init__(self, loader: ClipLoader) -> None:
        self.loader = loader

    def __iter__(self) -> Iterator[_Request]:
        while True:
            yield self.loader._request()


class ClipLoader:
    """Endless batches of whole clips.

    A clip longer than `seconds` gives a part of that length from a place drawn evenly; a shorter one is followed by
    silence.

    Args:
        store: the clips; read in each worker.
        sampler: which clips come; nobody else draws from it.
        seconds: length of the waveforms.
        seed: of the batches' seeds, 0 or more.
        workers: processes that read; 0 reads when a batch is asked for.
        prefetch: batches that each worker reads ahead, 1 or more.
        pin: put batches where a GPU fetches them faster; only where there is one.

    Raises:
        UnweaveError: numbers that make no sense.
    """

    def __init__(
        self,
        store: Waveforms,
        sampler: Sampler,
        seconds: float,
        seed: int = 0,
        workers: int = 0,
        prefetch: int = 2,
        pin: bool = False,
    ) -> None:
        samples = round(seconds * store.sample_rate)
        if samples < 1 or workers < 0 or prefetch < 1 or seed < 0:
            raise UnweaveError(
                f"A loader needs clips of some length, 0 or more workers, at least 1 batch ahead and a seed of 0 or "
                f"more; got {seconds} s, {workers} workers, {prefetch} ahead, seed {seed}."
            )
        self.sampler, self.seed, self.workers, self.prefetch, self.pin = sampler, seed, workers, prefetch, pin
        self._reader = _Reader(store, samples)
        self._iterator: Iterator[Batch | _Unreadable] | None = None
        self._step = 0  # of the next draw
        self._ahead: deque[dict[str, Any]] = deque()  # states after the draws whose batches are still to come
        self._consumed = self._state()

    def __iter__(self) -> ClipLoader:
        return self

    def __next__(self) -> Batch:
        """The next batch.

        Raises:
            UnweaveError: a clip that cannot be read, or a worker that ended.
        """
        if self._iterator is None:
            self._iterator = self._start()
        try:
            batch = next(self._iterator)
        except RuntimeError as error:
            self.close()
            if "exited unexpectedly" not in str(error):
                raise
            raise UnweaveError(
                f"A process that reads clips ended, often for want of memory: {error} Use fewer workers."
            ) from error
        self._consumed = self._ahead.popleft()
        if isinstance(batch, _Unreadable):
            self.close()
            raise UnweaveError(batch.sentence)
        return batch

    def _start(self) -> Iterator[Batch | _Unreadable]:
        if self.workers == 0:
            return map(self._reader.__getitem__, _Requests(self))
        # The server that workers come from has what they need imported, and no files or threads.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload([__name__])
        loader = DataLoader(
            self._reader,
            batch_size=None,
            sampler=_Requests(self),
            num_workers=self.workers,
            prefetch_factor=self.prefetch,
            multiprocessing_context=context,
            worker_init_fn=helper,
            pin_memory=self.pin,
            generator=torch.Generator(),  # or it would draw from the random state of the whole process
        )
        return iter(loader)

    def _request(self) -> _Request:
        clips, classes = self.sampler.draw()
        words = np.random.SeedSequence([self.seed, self._step]).generate_state(1, np.uint64)
        self._step += 1
        self._ahead.append(self._state())
        return _Request(clips, classes, int(words[0] >> np.uint64(1)), self.sampler.rank, self.sampler.world)

    def _state(self) -> dict[str, Any]:
        return {"seed": self.seed, "step": self._step, "sampler": self.sampler.state_dict()}

    def state_dict(self) -> dict[str, Any]:
        """The place after the last batch handed out, as plain data; what was read ahead of it does not count."""
        return self._consumed

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`; what was read ahead is dropped."""
        self.close()
        self.sampler.load_state_dict(state["sampler"])
        self.seed, self._step = int(state["seed"]), int(state["step"])
        self._consumed = self._state()

    def close(self) -> None:
        """End the workers; a next batch would start them again, after the last one handed out."""
        if self._iterator is not None:
            self._iterator = None  # an iterator of DataLoader ends its workers when it goes
            self._ahead.clear()
            self.load_state_dict(self._consumed)

    def __enter__(self) -> ClipLoader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

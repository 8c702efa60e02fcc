"""Rows of several recordings in one batch: what threads ask of the networks is put together.

Each recording is worked on by a thread of its own, as if it were alone; where the thread calls a network, its rows wait
for those of others. A short recording fills no batch by itself: on a GPU most of it would lie idle, and on a CPU a row
alone takes slower ways through the convolutions.

On a CPU all batches have the same number of rows, filled up where too few are waiting: how sums are rounded depends on
the size of a batch, and a file's bytes shall not depend on which others are done beside it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from unweave.inference.batches import Batches, is_out_of_memory
from unweave.networks import Networks
from unweave.separators.base import Encoding
from unweave.taggers.base import Tags

ROWS = 4  # of a batch on a CPU: more are no faster, and of eight not every row has the same bits in every place
PATIENCE = 0.2  # s for which rows wait for others: somebody may be reading from a slow disk


@dataclass
class _Asked:
    """What one thread waits for."""

    answers: list[Any]
    left: int
    error: BaseException | None = None


@dataclass
class _Queue:
    """Rows that wait for one network."""

    run: Callable[[list[Any]], Sequence[Any]]
    rows: deque[tuple[_Asked, int, Any]] = field(default_factory=deque)


class Gather:
    """Where the threads of a process meet.

    Args:
        rows: of a batch at most.
        fixed: whether all batches have so many.
    """

    def __init__(self, rows: int, fixed: bool) -> None:
        self.rows, self.fixed = rows, fixed
        self._changed = threading.Condition()
        self._queues: dict[str, _Queue] = {}
        self._threads = self._waiting = 0
        self._busy = self._stopped = False

    @contextmanager
    def thread(self) -> Iterator[None]:
        """For as long as it lasts the others wait for what this thread may still ask."""
        with self._changed:
            self._threads += 1
        try:
            yield
        finally:
            with self._changed:
                self._threads -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Let everybody who asks from now on be interrupted."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def ask(self, name: str, run: Callable[[list[Any]], Sequence[Any]], rows: Sequence[Any]) -> list[Any]:
        """The answers to some rows, once others have come together with them.

        Args:
            name: of the network and of the shape of its rows.
            run: gives an answer for each of some rows.
            rows: one or more.

        Raises:
            KeyboardInterrupt: it was stopped.
            Exception: what `run` raised.
        """
        asked = _Asked([None] * len(rows), len(rows))
        with self._changed:
            queue = self._queues.setdefault(name, _Queue(run))
            queue.rows.extend((asked, i, row) for i, row in enumerate(rows))
            self._waiting += 1
            self._changed.notify_all()
            late = False
            try:
                while asked.left and asked.error is None:
                    if self._stopped:
                        raise KeyboardInterrupt
                    ready = None if self._busy else self._ready(late)
                    if ready is not None:
                        self._run(ready)
                    else:
                        late = not self._changed.wait(PATIENCE)
            finally:
                self._waiting -= 1
        if asked.error is not None:
            raise asked.error
        return asked.answers

    def _ready(self, late: bool) -> _Queue | None:
        """What to run next: a full batch, or what there is once nobody can add to it, or nobody has for a while."""
        most = max(self._queues.values(), key=lambda queue: len(queue.rows))
        enough = len(most.rows) >= self.rows or (most.rows and (late or self._waiting >= self._threads))
        return most if enough else None

    def _run(self, queue: _Queue) -> None:
        """Run a batch, with the lock open meanwhile."""
        batch = [queue.rows.popleft() for _ in range(min(self.rows, len(queue.rows)))]
        rows = [row for _, _, row in batch]
        rows += [rows[-1]] * (self.rows - len(rows) if self.fixed else 0)
        self._busy = True
        self._changed.release()
        answers: Sequence[Any] = ()
        error: BaseException | None = None
        try:
            answers = queue.run(rows)
        except BaseException as fault:
            error = fault
        finally:
            self._changed.acquire()
            self._busy = False
        if isinstance(error, RuntimeError) and is_out_of_memory(error) and len(batch) > 1 and not self.fixed:
            self.rows = len(batch) // 2
            queue.rows.extendleft(reversed(batch))
            return
        for (asked, i, _), answer in zip(batch, answers or [None] * len(batch), strict=False):
            asked.answers[i], asked.error = answer, asked.error or error
            asked.left -= 1
        self._changed.notify_all()


def gathered(model: Networks) -> Gather:
    """Let the networks of a model take their rows from a `Gather` from now on."""
    on_cpu = model.device.type == "cpu"
    gather = Gather(ROWS if on_cpu else Batches(model).size, fixed=on_cpu)
    tagger, separator = model.tagger, model.separator
    encode, decode = separator.encode, separator.decode

    def encode_rows(rows: list[Tensor]) -> list[Encoding]:
        return encode(torch.stack(rows)).split()

    def decode_rows(rows: list[tuple[Encoding, Tensor]]) -> list[Tensor]:
        joined = Encoding.join([encoding for encoding, _ in rows])
        return list(decode(joined, torch.stack([condition for _, condition in rows])))

    def encode_together(mixture: Tensor) -> Encoding:
        return Encoding.join(gather.ask(f"encode {mixture.shape[1]}", encode_rows, list(mixture)))

    def decode_together(encoding: Encoding, condition: Tensor) -> Tensor:
        rows = list(zip(encoding.split(), condition, strict=True))
        return torch.stack(gather.ask(f"decode {encoding.length}", decode_rows, rows))

    separator.encode, separator.decode = encode_together, decode_together  # type: ignore[method-assign]
    separator.rows_per_core = 0  # what a thread has, it asks at once
    if tagger is not None:
        hear = tagger.forward

        def hear_rows(rows: list[Tensor]) -> list[Tags]:
            heard = hear(torch.stack(rows))
            return [heard.row(row) for row in range(len(rows))]

        def hear_together(waveform: Tensor) -> Tags:
            return Tags.of_rows(gather.ask(f"hear {waveform.shape[1]}", hear_rows, list(waveform)))

        tagger.forward = hear_together  # type: ignore[method-assign]
        tagger.rows_per_core = 0
    return gather

"""The threads of a worker: each works on an item of its own, and their segments share batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Any

import torch

from unweave.allocator import keep_memory
from unweave.batch.gather import gathered
from unweave.batch.hands import Outcome, attempt
from unweave.batch.job import Job
from unweave.batch.outputs import output_of
from unweave.batch.work import Task, Worker
from unweave.model import Model

BATCH = 32  # rows of one item at once on a GPU, where nothing else says it; others fill the batch


class Crew:
    """Does several items at once with one model; a context manager.

    Args:
        job: what is done.
        at_once: how many items.
        model: if it is loaded already.
    """

    def __init__(self, job: Job, at_once: int, model: Model | None = None) -> None:
        model = model or job.load()
        self._gather = gathered(model)
        if model.device.type != "cpu":
            job = replace(job, tracks=_with_batch(job.tracks), changes=_with_batch(job.changes))
        output = output_of(job.out)
        self._part = output.part()
        self._worker = Worker(job, self._part, model, output)
        self._threads = ThreadPoolExecutor(at_once, "item")

    def begin(self, task: Task, answer: Callable[[Outcome], None]) -> None:
        """Begin an item; `answer` is called with what became of it, from another thread."""
        self._threads.submit(self._do, task, answer)

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gather.stop()
        self._threads.shutdown(cancel_futures=True)
        self._part.__exit__(kind, error, trace)

    def do(self, task: Task) -> Outcome:
        """Do an item in the thread that calls."""
        with self._gather.thread():
            return attempt(self._worker, task)

    def _do(self, task: Task, answer: Callable[[Outcome], None]) -> None:
        answer(self.do(task))


def settle_in() -> None:
    """Make this process a worker for good.

    Cores are shared out among processes: threads that share a layer wait for each other at the end of every one.
    """
    torch.set_num_threads(1)
    keep_memory()


def _with_batch(arguments: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if arguments is None else {**arguments, "batch": arguments.get("batch") or BATCH}

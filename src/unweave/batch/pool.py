"""Worker processes of this machine: each has a model of its own, and one that dies takes but its try with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from unweave.batch.hands import Outcome
from unweave.batch.job import Job
from unweave.batch.work import Task
from unweave.errors import UnweaveError
from unweave.processes import helper

PATIENCE = 20.0  # s that a worker has to give back what it is at
AT_ONCE = 4  # items that a worker is at
MOST_BARREN = 3  # workers in a row that end before they have begun: then it is not the files


class Pool:
    """See `unweave.batch.hands.Hands`.

    What has gone wrong before is done by a worker that does nothing else meanwhile, so that nothing goes down with it.

    Args:
        job: what is done.
        workers: how many processes at most; they are started as they are needed.
        gpus: how many GPUs they share out among themselves.
        at_once: items that each of them works on, whose segments share batches (`unweave.batch.gather`).
    """

    def __init__(self, job: Job, workers: int, gpus: int = 0, at_once: int = AT_ONCE) -> None:
        self.job, self.workers, self.gpus, self.at_once = job, workers, gpus, at_once
        self._context = multiprocessing.get_context("spawn")
        self._hired: list[_Hired] = []
        self._barren = 0
        self._waiting: Task | None = None

    def room(self) -> bool:
        """See `Hands`."""
        return self._waiting is None and (len(self._hired) < self.workers or self._free() is not None)

    def give(self, task: Task) -> None:
        """See `Hands`."""
        self._waiting = task
        self._hand_on()

    def take(self) -> list[Outcome]:
        """See `Hands`.

        Raises:
            UnweaveError: workers do not even start.
        """
        outcomes: list[Outcome] = []
        busy = {one.pipe: one for one in self._hired if one.tasks}
        for pipe in wait(list(busy)) if busy else []:
            one = busy[pipe]  # type: ignore[index]
            try:
                outcome: Outcome = one.pipe.recv()
                del one.tasks[outcome.task.item.name]
                self._barren, one.began, one.careful = 0, True, one.careful and bool(one.tasks)
                outcomes.append(outcome)
            except (EOFError, OSError):
                words, alone = self._bury(one), len(one.tasks) == 1
                outcomes += [Outcome(task, died=words, alone=alone) for task in one.tasks.values()]
        self._hand_on()
        return outcomes

    def _free(self) -> _Hired | None:
        """The worker with the least to do; None if all have enough."""
        able = [one for one in self._hired if len(one.tasks) < self.at_once and not one.careful]
        least = min(able, key=lambda one: len(one.tasks), default=None)
        return least

    def _hand_on(self) -> None:
        """Give the task that waits to a worker, should one be free for it."""
        if self._waiting is None:
            return
        one = self._free()
        if (one is None or one.tasks) and len(self._hired) < self.workers:
            one = self._hire()
        if one is None or (self._waiting.careful and one.tasks):
            return
        task, self._waiting = self._waiting, None
        one.tasks[task.item.name], one.careful = task, task.careful
        with contextlib.suppress(OSError):  # it is gone; `take` will see it
            one.pipe.send(task)

    def close(self) -> None:
        """See `Hands`."""
        for one in self._hired:
            with contextlib.suppress(OSError):
                one.pipe.close()
            if one.tasks:
                one.process.terminate()
        for one in self._hired:
            one.process.join(PATIENCE)
            if one.process.is_alive():
                one.process.kill()
                one.process.join()
        self._hired.clear()

    def _hire(self) -> _Hired:
        ours, theirs = self._context.Pipe()
        gpu = len(self._hired) % self.gpus if self.gpus else None
        process = self._context.Process(target=_serve, args=(theirs, self.job, gpu), daemon=True)
        process.start()
        theirs.close()
        self._hired.append(_Hired(process, ours))
        return self._hired[-1]

    def _bury(self, one: _Hired) -> str:
        self._hired.remove(one)
        one.pipe.close()
        one.process.join()
        code = one.process.exitcode or 0
        self._barren += not one.began
        if self._barren > max(MOST_BARREN, self.workers):
            raise UnweaveError(
                f"Workers end before they have done anything (exit status {code}); what they said stands above."
            )
        return f"signal {-code}" if code < 0 else f"exit status {code}"


class _Hired:
    """A worker process; `began` once it has done anything, `careful` while it does but one thing."""

    def __init__(self, process: SpawnProcess, pipe: Connection) -> None:
        self.process, self.pipe, self.began, self.careful = process, pipe, False, False
        self.tasks: dict[str, Task] = {}


def _serve(pipe: Connection, job: Job, gpu: int | None) -> None:
    """The life of a worker process."""
    helper()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)
    from unweave.batch.crew import Crew, settle_in

    settle_in()
    try:
        with Crew(job, AT_ONCE) as crew:
            lock = threading.Lock()

            def answer(outcome: Outcome) -> None:
                with lock:
                    pipe.send(outcome)

            while True:
                crew.begin(pipe.recv(), answer)
    except (EOFError, OSError, KeyboardInterrupt):
        return

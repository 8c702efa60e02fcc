"""Worker processes of this machine: each has a model of its own, and one that dies takes but its try with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from unweave.batch.hands import Outcome, attempt
from unweave.batch.job import Job
from unweave.batch.work import Task
from unweave.errors import UnweaveError

PATIENCE = 20.0  # s that a worker has to give back what it is at
MOST_BARREN = 3  # workers in a row that end before they have begun: then it is not the files


class Pool:
    """See `unweave.batch.hands.Hands`.

    Args:
        job: what is done.
        workers: how many processes at most; they are started as they are needed.
        gpus: how many GPUs they share out among themselves.
    """

    def __init__(self, job: Job, workers: int, gpus: int = 0) -> None:
        self.job, self.workers, self.gpus = job, workers, gpus
        self._context = multiprocessing.get_context("spawn")
        self._hired: list[_Hired] = []
        self._barren = 0

    def room(self) -> bool:
        """See `Hands`."""
        return len(self._hired) < self.workers or any(one.task is None for one in self._hired)

    def give(self, task: Task) -> None:
        """See `Hands`."""
        idle = next((one for one in self._hired if one.task is None), None) or self._hire()
        idle.task = task
        with contextlib.suppress(OSError):  # it is gone; `take` will see it
            idle.pipe.send(task)

    def take(self) -> list[Outcome]:
        """See `Hands`.

        Raises:
            UnweaveError: workers do not even start.
        """
        busy = {one.pipe: one for one in self._hired if one.task is not None}
        if not busy:
            return []
        outcomes: list[Outcome] = []
        for pipe in wait(list(busy)):
            one = busy[pipe]  # type: ignore[index]
            task = one.task
            assert task is not None
            try:
                outcomes.append(one.pipe.recv())
                one.task, self._barren, one.began = None, 0, True
            except (EOFError, OSError):
                outcomes.append(Outcome(task, died=self._bury(one)))
        return outcomes

    def close(self) -> None:
        """See `Hands`."""
        for one in self._hired:
            with contextlib.suppress(OSError):
                one.pipe.close()
            if one.task is not None:
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
    """A worker process; `began` once it has done anything."""

    def __init__(self, process: SpawnProcess, pipe: Connection) -> None:
        self.process, self.pipe, self.began = process, pipe, False
        self.task: Task | None = None


def _serve(pipe: Connection, job: Job, gpu: int | None) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which ends these
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)
    import torch

    from unweave.allocator import keep_memory
    from unweave.batch.parts import Part
    from unweave.batch.work import Worker

    torch.set_num_threads(job.threads)
    keep_memory()
    try:
        with Part(Path(job.out)) as part:
            worker = Worker(job, part)
            while True:
                pipe.send(attempt(worker, pipe.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _leave_with(parent: multiprocessing.process.BaseProcess) -> None:
    """A main process that was killed cannot end its helpers; they would go on with the last thing they were told."""
    parent.join()
    os._exit(1)

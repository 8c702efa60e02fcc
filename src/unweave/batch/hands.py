"""Whoever does the work of a campaign: processes of this machine, actors of a cluster, or nobody but this process."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from unweave.batch.rows import Row
from unweave.batch.work import Task, Worker
from unweave.errors import UnweaveError


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: the one that was given.
        row: what the worker wrote; None if another run has the item, or the worker died.
        died: how the worker ended over it, in words; None if it did not.
        alone: whether that worker did nothing else meanwhile, so that it must have been this.
        stopped: why nobody should go on, or None.
    """

    task: Task
    row: Row | None = None
    died: str | None = None
    alone: bool = True
    stopped: str | None = None


class Hands(Protocol):
    """Takes tasks and gives outcomes, in any order."""

    def room(self) -> bool:
        """Whether another task can be given."""

    def give(self, task: Task) -> None:
        """Begin a task."""

    def take(self) -> list[Outcome]:
        """What became of some of the tasks that were given; waits for at least one, unless there are none."""

    def close(self) -> None:
        """End all workers. What they are at is given back undone."""


class Inline:
    """Does everything in this process, one after the other."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._tasks: deque[Task] = deque()

    def room(self) -> bool:
        """See `Hands`."""
        return not self._tasks

    def give(self, task: Task) -> None:
        """See `Hands`."""
        self._tasks.append(task)

    def take(self) -> list[Outcome]:
        """See `Hands`."""
        return [attempt(self._worker, self._tasks.popleft())] if self._tasks else []

    def close(self) -> None:
        """See `Hands`."""


def attempt(worker: Worker, task: Task) -> Outcome:
    """What becomes of a task."""
    try:
        return Outcome(task, worker.do(task))
    except UnweaveError as error:  # a full disk, or a manifest that cannot be written
        return Outcome(task, stopped=str(error))

"""Tasks that wait for a worker, fair over users: each user's first one comes before anybody's second one."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["done", "failed", "cancelled"]


@dataclass(eq=False)
class Task:
    """Something for a worker to do.

    Attributes:
        user: whom it is for.
        work: what is done, a name that the workshop knows (`unweave.app.workshop`).
        folder: in which it is done.
        arguments: of it, in what can be pickled.
        ended: called once, in some thread, with the outcome and what came of it, or a sentence.
        seconds: that it may take.
        cancelled: set when nobody wants it any more.
        made: when it was made, on the monotonic clock; likewise `begun` and `over`, None before.
        done: s of sound that are behind it, of `total`, in the phase `what`.
    """

    user: str
    work: str
    folder: Path
    arguments: dict[str, Any]
    ended: Callable[[Outcome, Any], None]
    seconds: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    made: float = field(default_factory=time.monotonic)
    begun: float | None = None
    over: float | None = None
    done: float = 0.0
    total: float = 0.0
    what: str = ""


class FairQueue:
    """Round robin over users, first come first served for each of them; every method may be called from any thread."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, deque[Task]] = OrderedDict()
        self._changed = threading.Condition()

    def put(self, task: Task) -> None:
        """Add a task."""
        with self._changed:
            self._users.setdefault(task.user, deque()).append(task)
            self._changed.notify()

    def take(self, seconds: float) -> Task | None:
        """The next task; None if there is none for so long."""
        with self._changed:
            if not self._users:
                self._changed.wait(seconds)
            if not self._users:
                return None
            user, tasks = self._users.popitem(last=False)
            task = tasks.popleft()
            if tasks:  # behind all who are waiting now
                self._users[user] = tasks
            return task

    def drop(self, task: Task) -> bool:
        """Take a task out; whether it was still waiting."""
        with self._changed:
            tasks = self._users.get(task.user)
            if tasks is None or task not in tasks:
                return False
            tasks.remove(task)
            if not tasks:
                del self._users[task.user]
            return True

    def clear(self) -> list[Task]:
        """Take everything out."""
        with self._changed:
            tasks = [task for own in self._users.values() for task in own]
            self._users.clear()
            return tasks

    def order(self) -> list[Task]:
        """The waiting tasks as they will be taken if nobody comes."""
        with self._changed:
            waiting = [deque(tasks) for tasks in self._users.values()]
        order: list[Task] = []
        while waiting:
            tasks = waiting.pop(0)
            order.append(tasks.popleft())
            if tasks:
                waiting.append(tasks)
        return order

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._users.values()))

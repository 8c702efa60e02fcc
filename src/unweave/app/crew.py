"""A worker process, seen from the server: started, given tasks, ended, and replaced when it dies."""

from __future__ import annotations

import multiprocessing
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from unweave.app.queue import FairQueue, Outcome, Task
from unweave.app.worker import Works, main

LOOK_SECONDS = 0.05  # between two looks at what is cancelled
GRACE_SECONDS = 0.5  # for a worker to let go of a task by itself; then it is killed
_DIED = (
    "The worker ended while it was at this: it was killed, or this took more memory than there is. Another one is in "
    "its place; try again, with a shorter recording if it happens again."
)
_STOPPING = "The server is being stopped."


class Worker:
    """One process and the queue that it works off, in a thread of its own.

    Args:
        name: for people.
        open_workshop: called in the process; see `unweave.app.worker.main`. Must be picklable.

    Attributes:
        queue: of its tasks.
        about: what the workshop said of itself; None before it is ready.
        fault: why it cannot work, in a sentence; None if it can.
        current: the task that it is at.
        process: the one that works now.
    """

    def __init__(self, name: str, open_workshop: Callable[[], tuple[Any, Works]]) -> None:
        self.name, self._open = name, open_workshop
        self.queue = FairQueue()
        self.about: Any = None
        self.fault: str | None = None
        self.current: Task | None = None
        self.process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._number = 0
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"worker {name}", daemon=True)

    def start(self) -> None:
        """Begin; `wait_ready` says when it can work."""
        self._thread.start()

    def wait_ready(self) -> None:
        """Wait until the first process is ready, or has said why it never will be (`fault`)."""
        self._tried.wait()

    def cancel(self, task: Task) -> None:
        """Let go of a task, waiting or not."""
        task.cancelled.set()
        if self.queue.drop(task):
            _end(task, "cancelled", None)

    def stop(self) -> None:
        """End the process and everything that waits."""
        self._stopping.set()
        for task in self.queue.clear():
            _end(task, "failed", _STOPPING)
        if self._thread.is_alive():
            self._thread.join()
        self._kill()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._alive():
                self._begin()
                self._tried.set()
            task = self.queue.take(0.2)
            if task is not None:
                self.current = task
                try:
                    _end(task, *self._do(task))
                finally:
                    self.current = None
        self._tried.set()

    def _do(self, task: Task) -> tuple[Outcome, Any]:
        """Have a task done."""
        if task.cancelled.is_set():
            return "cancelled", None
        self._number += 1
        order = (self._number, task.work, str(task.folder), task.arguments)
        if not self._alive() or not self._send(order):  # it may have died while nobody looked
            self._begin()
            if self.fault is None:
                self._send(order)
        if self.fault is not None:
            return "failed", self.fault
        task.begun = time.monotonic()
        told: float | None = None
        while True:
            answer = self._hear(LOOK_SECONDS)
            now = time.monotonic()
            if answer is not None and answer[0] == self._number:
                _, word, value = answer
                if word != "progress":
                    return cast("Outcome", word), value
                task.done, task.total, task.what = value
                continue
            if answer is not None and answer[1] == "died":
                self._kill()  # it may take a moment to be gone, and must not be given the next task
                return ("cancelled", None) if task.cancelled.is_set() else ("failed", _DIED)
            if self._stopping.is_set():
                self._kill()
                return "failed", _STOPPING
            if now - task.begun > task.seconds:
                self._kill()
                minutes = task.seconds / 60
                return "failed", f"This took longer than the {minutes:.0f} minutes that a job may take here."
            if told is not None and now - told > GRACE_SECONDS:
                self._kill()
                return "cancelled", None
            if task.cancelled.is_set() and told is None:
                told = now
                self._send(self._number)

    def _send(self, order: Any) -> bool:
        """Tell the process something; whether it could be told."""
        try:
            if self._pipe is not None:
                self._pipe.send(order)
                return True
        except OSError:
            pass
        return False

    def _hear(self, seconds: float) -> tuple[int, str, Any] | None:
        """What the process says within so long; (-1, "died", None) if it never will again."""
        if self._pipe is None or self.process is None:
            return -1, "died", None
        try:
            if wait([self._pipe, self.process.sentinel], seconds):
                if self._pipe.poll():
                    heard: tuple[int, str, Any] = self._pipe.recv()
                    return heard
                return -1, "died", None
        except (EOFError, OSError):
            return -1, "died", None
        return None

    def _alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def _begin(self) -> None:
        """Start a process, and wait until it is ready."""
        self._kill()
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of whatever threads run here
        ours, theirs = context.Pipe()
        process = context.Process(target=main, args=(theirs, self._open), name=f"unweave {self.name}", daemon=True)
        process.start()
        theirs.close()
        self.process, self._pipe = process, ours
        while not self._stopping.is_set():
            answer = self._hear(LOOK_SECONDS)
            if answer is None:
                continue
            _, word, value = answer
            if word == "ready":
                self.about, self.fault = value, None
            else:
                self.fault = value if word == "failed" else f"The worker of {self.name} ends as soon as it is started."
                self._stopping.wait(1.0)  # not a thousand times a second
            return

    def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _end(task: Task, outcome: Outcome, value: Any) -> None:
    task.over = time.monotonic()
    try:
        task.ended(outcome, value)
    except Exception:  # whatever it is, the worker goes on with the next one
        traceback.print_exc()

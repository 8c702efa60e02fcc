"""Actors of a Ray cluster do the work; this process hands out names of files and gets back small rows.

Ray's actors and nothing else of it. Ray Data is left out for what is known of it: a pool of fixed size that loses an
actor may wait for ever (ray issue 62746), its checkpoints read all of the input again (65891), and what it keeps of
blocks would be a second truth beside the manifest. Here an actor that dies is seen as an error of the
one call that it was at, a new one is made in its place wherever there is room, and Ray itself restarts and repeats
nothing: what is done again, and how often, is for the manifest to say. Sound never goes through Ray's object store, so
that memory out of its sight (65544) is that of the actor alone, which the system or Ray may end as any other.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import time
from typing import Any

from unweave.batch.hands import Outcome
from unweave.batch.job import Job
from unweave.batch.pool import AT_ONCE, MOST_BARREN
from unweave.batch.work import Task
from unweave.errors import UnweaveError
from unweave.untold import untold

LOOK = 2.0  # s between looks at how large the cluster is
PATIENCE = 20.0  # s that actors have to give back what they are at
HOPE = 900.0  # s that a cluster may be without any actor that works: machines come and go
# Ray's errors for an actor that was ended from outside: its machine is gone, or out of memory, perhaps by others.
ENDED = frozenset(("RayActorError", "WorkerCrashedError", "NodeDiedError", "OutOfMemoryError"))
COMMAND = "pip install 'unweave[scale]'"


class Cluster:
    """See `unweave.batch.hands.Hands`.

    Args:
        job: what is done; its output must be the same place on all machines.
        address: "local" for this machine alone, "auto" for the cluster that it belongs to, or that of one.
        workers: actors at most; None for as many as there are cores, or GPUs for a job on GPUs.
        ray: the library; another one for tests.

    Raises:
        UnweaveError: Ray is not installed, or there is no such cluster.
    """

    def __init__(self, job: Job, address: str, workers: int | None = None, ray: Any = None) -> None:
        self.job, self.workers, self._ray = job, workers, ray or _connected(address)
        self._actors: list[_Actor] = []
        self._waiting: Task | None = None
        self._looked, self._barren = 0.0, 0
        self._seen, self._last_words = time.monotonic(), ""
        self._class = self._ray.remote(_Life)
        self._grow()

    def room(self) -> bool:
        """See `Hands`."""
        return self._waiting is None

    def give(self, task: Task) -> None:
        """See `Hands`."""
        self._waiting = task
        self._hand_on()

    def take(self) -> list[Outcome]:
        """See `Hands`.

        Raises:
            UnweaveError: actors do not even start, or there is no room for one for long.
        """
        if self._waiting is None and not any(actor.tasks for actor in self._actors):
            return []
        outcomes: list[Outcome] = []
        while not outcomes:
            self._grow()
            self._look_for_life()
            calls = {call: actor for actor in self._actors for call in actor.calls()}
            ready: list[Any] = []
            if calls:
                ready, _ = self._ray.wait(list(calls), num_returns=1, timeout=LOOK)
            else:
                time.sleep(LOOK / 10)
            for call in ready:
                outcomes += self._settle(call, calls[call])
            self._hand_on()
            if self._waiting is None and not any(actor.tasks for actor in self._actors):
                break
        return outcomes

    def close(self) -> None:
        """See `Hands`."""
        with contextlib.suppress(Exception):
            leaving = [actor.handle.leave.remote() for actor in self._actors if actor.ready]
            if leaving:
                self._ray.wait(leaving, num_returns=len(leaving), timeout=PATIENCE)
        for actor in self._actors:
            with contextlib.suppress(Exception):
                self._ray.kill(actor.handle)
        self._actors.clear()
        self._ray.shutdown()

    def _settle(self, call: Any, actor: _Actor) -> list[Outcome]:
        """What a call that has ended says; of an actor that is gone, all that it was at."""
        if actor not in self._actors:
            return []
        try:
            answer = self._ray.get(call)
        except Exception as error:  # the actor, its machine, or the way to it
            self._actors.remove(actor)
            with contextlib.suppress(Exception):
                self._ray.kill(actor.handle)
            words = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            self._last_words = words
            # Who is ended from outside while it begins says nothing about the rest; `HOPE` is the limit for that.
            ended = any(kind.__name__ in ENDED for kind in type(error).__mro__)
            self._barren += not actor.ready and not ended
            if self._barren > max(MOST_BARREN, len(self._actors)):
                raise UnweaveError(f"Actors of the cluster end before they have done anything: {words}") from error
            alone = len(actor.tasks) == 1
            return [Outcome(task, died=words, alone=alone) for task in actor.tasks.values()]
        if call is actor.starting:
            actor.ready, actor.starting, self._barren = True, None, 0
            return []
        del actor.tasks[call]
        actor.careful = actor.careful and bool(actor.tasks)
        return [answer]

    def _hand_on(self) -> None:
        task = self._waiting
        able = [a for a in self._actors if a.ready and len(a.tasks) < AT_ONCE and not a.careful]
        least = min(able, key=lambda actor: len(actor.tasks), default=None)
        if task is None or least is None or (task.careful and least.tasks):
            return
        self._waiting = None
        least.careful = task.careful
        least.tasks[least.handle.do.remote(task)] = task

    def _look_for_life(self) -> None:
        now = time.monotonic()
        self._seen = now if any(actor.ready for actor in self._actors) else self._seen
        if now - self._seen > HOPE:
            kind = "GPU" if self.job.device.startswith("cuda") else "core"
            raise UnweaveError(
                f"For {HOPE / 60:.0f} minutes the cluster has had no {kind} on which an actor works (ray status says "
                "what it has). What is done is done; the same command goes on when machines are there."
                + (f" The last one ended so: {self._last_words}" if self._last_words else "")
            )

    def _grow(self) -> None:
        """Let there be as many actors as the cluster has room for; it may have grown or lost machines."""
        if time.monotonic() - self._looked < LOOK and self._actors:
            return
        self._looked = time.monotonic()
        kind = "GPU" if self.job.device.startswith("cuda") else "CPU"
        there = int(self._ray.cluster_resources().get(kind, 0))
        for _ in range(min(there, self.workers or there) - len(self._actors)):
            options = {"num_cpus": 1, "num_gpus": int(kind == "GPU"), "max_restarts": 0, "max_task_retries": 0}
            # One more thread than items: for being told to leave.
            made = self._class.options(**options, max_concurrency=AT_ONCE + 1, scheduling_strategy="SPREAD")
            handle = made.remote(self.job)
            self._actors.append(_Actor(handle, handle.begin.remote()))


class _Actor:
    """One of them, with what it is at: the call that brings the outcome of each task."""

    def __init__(self, handle: Any, starting: Any) -> None:
        self.handle, self.starting, self.ready, self.careful = handle, starting, False, False
        self.tasks: dict[Any, Task] = {}

    def calls(self) -> list[Any]:
        """What it will answer."""
        return [*([] if self.starting is None else [self.starting]), *self.tasks]


class _Life:
    """The life of an actor, in a process of its own on some machine."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def begin(self) -> None:
        """Load the model."""
        from unweave.batch.crew import Crew, settle_in

        settle_in()
        self._crew = Crew(self._job, AT_ONCE)

    def do(self, task: Task) -> Outcome:
        """Do an item."""
        return self._crew.do(task)

    def leave(self) -> None:
        """Give back what it is at."""
        self._crew.__exit__(None, None, None)


def _connected(address: str) -> Any:
    if importlib.util.find_spec("ray") is None:
        raise UnweaveError(f"--cluster needs Ray: {COMMAND}.")
    ray: Any = untold("ray")

    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise UnweaveError(
            f"There is no Ray cluster at {address} that answers ({' '.join(str(error).split())[:200]}); say local, "
            "auto or ray://HOST:10001."
        ) from error
    return ray

"""Work that the cores of this machine share out among themselves, each piece of it on one core."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import torch

MOST_WORKERS = 4  # each needs memory of its own; further cores help these inside of layers
LONGEST_END = 1.0  # s that the end of a thread is waited for
TASKS = Path("/proc/self/task")  # of Linux, a folder for each thread of a process

Work = Callable[[int, int], None]


class Cores:
    """A few threads, as many as torch would use; a context manager.

    What they do inside of torch is not shared out again: threads that share the layers of a network wait for each other
    at the end of every one, longer the busier the machine is, and a thread that takes a row through all layers waits
    for nobody.

    Attributes:
        workers: how many threads.
    """

    def __init__(self) -> None:
        self.workers = max(1, min(torch.get_num_threads(), MOST_WORKERS))
        self._pool: ThreadPoolExecutor | None = None
        self._threads: list[int] = []

    def __enter__(self) -> Cores:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
            wait_for_the_end(self._threads)
            self._threads = []

    def run(self, work: Work, count: int, each: int = 1, layered: bool = False) -> None:
        """Call `work(start, end)` for all of 0 to `count`, `each` at a time, in any order.

        A single piece, or a single thread, runs where it is called, on all cores.

        Args:
            work: may be called from several threads.
            count: how many.
            each: how many a piece has.
            layered: whether torch can share out a single piece, too. A last one, beside which all other cores would
                have nothing to do, then runs after the others, where this is called and on all cores.
        """
        parts = [(start, min(start + each, count)) for start in range(0, count, each)]
        together = parts[:-1] if layered and len(parts) % self.workers == 1 else parts
        if self.workers > 1 and len(together) > 1:
            self._share_out(work, together)
            parts = parts[len(together) :]
        for start, end in parts:
            work(start, end)

    def _begin(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self._threads.append(threading.get_native_id())

    def _share_out(self, work: Work, parts: list[tuple[int, int]]) -> None:
        threads = torch.get_num_threads()
        alone = max(1, threads // self.workers)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, "core", self._begin, (alone,))
        torch.set_num_threads(alone)  # some of torch's libraries have one number for all threads
        try:
            for _ in self._pool.map(lambda part: work(*part), parts):
                pass
        finally:
            torch.set_num_threads(threads)


def wait_for_the_end(threads: Iterable[int]) -> None:
    """Wait until the system has ended threads, by their native numbers, that Python has done with.

    Libraries clear up at the very end of a thread, under locks of their own. A process that is forked meanwhile has
    such a lock and nobody to open it: its first Fourier transform by MKL never ended.
    """
    latest = time.monotonic() + LONGEST_END
    for number in threads:
        while (TASKS / str(number)).exists() and time.monotonic() < latest:
            time.sleep(0.0002)

"""Work that the cores of this machine share out among themselves, each piece of it on one core."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import torch

MOST_WORKERS = 4  # each needs memory of its own; further cores help these inside of layers

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

    def __enter__(self) -> Cores:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

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

    def _share_out(self, work: Work, parts: list[tuple[int, int]]) -> None:
        threads = torch.get_num_threads()
        alone = max(1, threads // self.workers)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, "core", torch.set_num_threads, (alone,))
        torch.set_num_threads(alone)  # some of torch's libraries have one number for all threads
        try:
            for _ in self._pool.map(lambda part: work(*part), parts):
                pass
        finally:
            torch.set_num_threads(threads)

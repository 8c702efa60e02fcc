"""Several processes that measure chunks; results come in the order of the chunks."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from unweave.data.decode import prepare_process
from unweave.errors import UnweaveError
from unweave.evaluation.measurer import Measurer
from unweave.evaluation.rows import Row

if TYPE_CHECKING:
    from unweave.evaluation.run import Chunk, Setup

AHEAD = 3  # chunks for each process that are measured before they are written
_own: list[Measurer] = []  # of this process, made once


def measure_in_processes(setup: Setup, chunks: Sequence[Chunk], workers: int) -> Iterator[list[Row]]:
    """The rows of each chunk, in order.

    Raises:
        UnweaveError: a process died, or what it measured could not be measured.
    """
    threads = setup.threads or max(1, (os.cpu_count() or 1) // workers)
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(setup, threads)
    )
    waiting: deque[Future[list[Row]]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_measure, chunk))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UnweaveError(
            "A process that measures died, perhaps for want of memory. Run the same again, with fewer workers; it goes "
            "on where it was."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(setup: Setup, threads: int) -> None:
    import torch

    from unweave.evaluation.run import build

    prepare_process()
    torch.set_num_threads(threads)
    _own[:] = [build(setup)[1]]


def _measure(chunk: Chunk) -> list[Row]:
    return _own[0](chunk)

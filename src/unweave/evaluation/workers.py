"""Several processes that measure chunks; results come in the order of the chunks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from unweave.evaluation.measurer import Measurer
from unweave.evaluation.rows import Row
from unweave.evaluation.setup import Chunk, Setup, build
from unweave.processes import in_order

AHEAD = 3  # chunks for each process that are measured before they are written
DIED = "A process that measures died, perhaps for want of memory. Run the same again, with fewer workers; it goes on."
_own: list[Measurer] = []  # of this process, made once


def measure_in_processes(setup: Setup, chunks: Sequence[Chunk], workers: int) -> Iterator[list[Row]]:
    """The rows of each chunk, in order.

    Raises:
        UnweaveError: a process died, or what it measured could not be measured.
    """
    threads = setup.threads or max(1, (os.cpu_count() or 1) // workers)
    return in_order(_measure, chunks, workers, AHEAD, DIED, _begin, (setup, threads))


def _begin(setup: Setup, threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    _own[:] = [build(setup)[1]]


def _measure(chunk: Chunk) -> list[Row]:
    return _own[0](chunk)

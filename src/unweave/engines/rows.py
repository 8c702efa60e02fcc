"""Any number of rows through something that takes one: several at once, each on one core of the CPU.

What one row needs fits into the caches of a core, and threads that take a row through all layers do not wait for each
other after every one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float32]
RunRow = Callable[[list[Array]], list[Array]]


class Rows:
    """Answers for batches by asking for each of their rows.

    Args:
        run: one row of each input (1, ...) to one row of each output; several threads call it at once.
        streams: how many.
    """

    def __init__(self, run: RunRow, streams: int) -> None:
        self._run = run
        self._pool = ThreadPoolExecutor(streams, "rows")

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """(B, ...) each -> (B, ...) each."""
        arrays = [tensor.contiguous().numpy() for tensor in tensors]
        rows = [[array[i : i + 1] for array in arrays] for i in range(len(arrays[0]))]
        results = list(self._pool.map(self._run, rows)) if len(rows) > 1 else [self._run(row) for row in rows]
        return tuple(torch.from_numpy(np.concatenate(parts)) for parts in zip(*results, strict=True))

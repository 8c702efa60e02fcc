"""Whether a device is quicker in bfloat16: some processors compute in it many times slower than in float32."""

from __future__ import annotations

import time
from functools import cache

import torch

SIZE, TRIES = (4, 192, 768), 3  # of a matrix product as training has them


@cache
def bfloat16_is_quicker(device: torch.device) -> bool:
    """Found by a trial of a few milliseconds, once a process; the same every time in one that runs on.

    A GPU is taken at its word; on a CPU the best of three products counts, so that other work does not decide.
    """
    if device.type != "cpu":
        return device.type != "cuda" or torch.cuda.is_bf16_supported()
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    batch, rows, columns = SIZE
    x = torch.linspace(-1, 1, batch * rows * columns).view(batch, rows, columns).to(dtype)
    x @ x.mT  # libraries choose their ways at the first call
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        x @ x.mT
        best = min(best, time.perf_counter() - began)
    return best

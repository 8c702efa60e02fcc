"""A store of clips that are made up as they are read; worker processes can have copies of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 1000


class MadeUpStore:
    """Clip number i is i + 1 in its first sample, then noise; `broken` clips cannot be read, `deadly` ones kill."""

    sample_rate = RATE

    def __init__(self, lengths: list[int], broken: tuple[int, ...] = (), deadly: tuple[int, ...] = ()) -> None:
        self.lengths = np.array(lengths, np.int64)
        self.broken, self.deadly = broken, deadly

    def read(self, row: int, start: int, length: int) -> NDArray[np.float32]:
        if row in self.broken:
            raise OSError("truncated file")
        if row in self.deadly:
            import os

            os._exit(1)
        wave = np.random.default_rng(row).standard_normal(int(self.lengths[row])).astype(np.float32)
        wave[0] = row + 1
        part = wave[start : start + length]
        return np.pad(part, (0, length - len(part)))

    def name(self, row: int) -> str:
        return f"clip-{row}.wav"

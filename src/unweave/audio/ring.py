"""Samples handed from one thread to another, in memory that never grows: for callbacks that must not wait."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Ring:
    """First in, first out.

    Args:
        channels: C.
        size: samples that fit in.

    Attributes:
        lost: samples that came and found no room.
        missing: samples that were wanted and were not there.
    """

    def __init__(self, channels: int, size: int) -> None:
        self._store = np.zeros((channels, size), np.float32)
        self._size, self._read, self._count = size, 0, 0
        self._lock = threading.Lock()
        self.lost = self.missing = 0

    @property
    def filled(self) -> int:
        """Samples that are there."""
        return self._count

    def write(self, block: Samples) -> None:
        """Take (C, n); what finds no room is lost, the newest first."""
        with self._lock:
            count = min(block.shape[1], self._size - self._count)
            self.lost += block.shape[1] - count
            begin = (self._read + self._count) % self._size
            first = min(count, self._size - begin)
            self._store[:, begin : begin + first] = block[:, :first]
            self._store[:, : count - first] = block[:, first:count]
            self._count += count

    def read(self, count: int) -> Samples:
        """Give (C, count); silence where there is not as much."""
        given = np.zeros((len(self._store), count), np.float32)
        with self._lock:
            there = min(count, self._count)
            self.missing += count - there
            first = min(there, self._size - self._read)
            given[:, :first] = self._store[:, self._read : self._read + first]
            given[:, first:there] = self._store[:, : there - first]
            self._read = (self._read + there) % self._size
            self._count -= there
        return given

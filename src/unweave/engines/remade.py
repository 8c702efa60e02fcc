"""What is made of a weight for fewer multiplications: when it is first asked for, and again if the weight changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from torch import Tensor

MOST_PAIRS = 300_000  # of channels: their weights take four times the memory, 43 MB at most
FEWEST_TILES = 8  # in all of a batch: for less it is not worth to read four times the weights

Made = TypeVar("Made")


class Remade(Generic[Made]):
    """Keeps what was made last; several threads may ask.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make, self._turn = make, threading.Lock()
        self._made: tuple[tuple[int, int], Made] | None = None

    def of(self, weight: Tensor) -> Made:
        """What `make` makes of the weight as it is now."""
        version = 0 if weight.is_inference() else weight._version  # such a tensor does not count its changes
        state = weight.data_ptr(), version
        with self._turn:
            if self._made is None or self._made[0] != state:
                self._made = state, self._make()
            return self._made[1]


def enough_tiles(x: Tensor) -> bool:
    """Whether a map (B, C, F, N) has as many of 4 x 4 as are worth it."""
    batch, _, height, width = x.shape
    return batch * -(-height // 4) * -(-width // 4) >= FEWEST_TILES

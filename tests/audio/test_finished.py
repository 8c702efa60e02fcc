from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unweave.audio.finished import Finished
from unweave.errors import UnweaveError


class Noted(Finished):
    """Writes down what is done to it."""

    def __init__(self) -> None:
        self.path, self.channels, self.done = Path("x.wav"), 2, list[str]()

    def write(self, block: np.ndarray) -> None:
        self.check(block)

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")


def test_a_block_that_ends_well_closes_and_any_other_drops() -> None:
    with Noted() as well:
        well.write(np.zeros((2, 3)))
    assert well.done == ["close"]
    ill = Noted()
    with pytest.raises(KeyboardInterrupt), ill:
        raise KeyboardInterrupt
    assert ill.done == ["abort"]


@pytest.mark.parametrize("shape", [(2,), (1, 5), (2, 5, 1)])
def test_other_channels_are_refused_by_name(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnweaveError, match="x.wav has 2 channels"):
        Noted().write(np.zeros(shape))

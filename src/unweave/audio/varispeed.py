"""A stream played a little faster or slower, so that two clocks that call themselves equal can be kept together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

REACH = 16  # samples that an output is made of, on either side
PHASES = 512  # places between two samples that have a filter of their own; between them filters are interpolated
BETA = 9.0  # of the Kaiser window
PASS = 0.95  # of the band; what lies above is faded out


class Varispeed:
    """Blocks in, blocks out, at a speed that may change with every block; windowed sinc, `REACH` samples later.

    Output k of a block sounds where the last one did, plus (k + 1) times the speed. At a speed of 1 from the beginning
    the output is the input, filtered by nothing but the rounding of the sinc.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        self._held = np.zeros((channels, 2 * REACH - 1), np.float32)
        self._place = 0.0  # of the next output, between held samples REACH - 1 and REACH at 0 to 1
        self._table = _table()

    def push(self, block: Samples, speed: float = 1.0) -> Samples:
        """Take (C, n) and give (C, about n / speed).

        Args:
            block: the next samples.
            speed: samples of the input for each of the output, near 1.
        """
        held: Samples = np.concatenate([self._held, block], axis=1)
        last = held.shape[1] - 2 * REACH  # the last whole place from which all neighbours are there
        if last < 0:
            self._held = held
            return np.zeros((len(held), 0), np.float32)
        places = self._place + speed * np.arange(int((last + 1) / speed) + 2)
        places = places[places < last + 1]
        count = len(places)
        whole = places.astype(np.int64)
        phase = (places - whole) * PHASES
        low = phase.astype(np.int64)
        share = (phase - low)[:, None].astype(np.float32)
        kernel = self._table[low] + share * (self._table[low + 1] - self._table[low])  # (m, 2 REACH)
        windows = np.lib.stride_tricks.sliding_window_view(held, 2 * REACH, axis=1)[:, whole]  # (C, m, 2 REACH)
        given: Samples = np.einsum("cmk,mk->cm", windows, kernel).astype(np.float32)
        place = self._place + speed * count
        used = min(int(place), held.shape[1])
        self._held, self._place = held[:, used:].copy(), place - used
        return given


def _table() -> NDArray[np.float32]:
    """Filters of all phases, and of the first place of the next sample: (PHASES + 1, 2 REACH)."""
    phase = np.arange(PHASES + 1)[:, None] / PHASES
    distance = np.arange(2 * REACH)[None] - (REACH - 1) - phase
    inside = np.clip(1 - (distance / REACH) ** 2, 0, None)
    kernel = np.sinc(distance) * np.i0(BETA * np.sqrt(inside)) / np.i0(BETA)
    table: NDArray[np.float32] = (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


class Follower:
    """From how full a buffer is to the speed at which it is filled, so that it stays as full as it should.

    A controller with a proportional and an integral part over the smoothed level. Its speeds stay within half a
    percent, a twelfth of a semitone, and change so slowly that nobody hears it.

    Args:
        sample_rate: in Hz.
    """

    MOST = 0.005
    SMOOTHED = 1.0  # s
    CORRECTED = 20.0  # s in which a wrong level is put right

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._level: float | None = None  # smoothed, in samples above the target
        self._drift = 0.0
        self.speed = 1.0

    def follow(self, above: float, samples: int) -> float:
        """The speed for the next block.

        Args:
            above: samples in the buffer beyond what should be there.
            samples: that went by since the last time.
        """
        seconds = samples / self._rate
        share = min(1.0, seconds / self.SMOOTHED)
        self._level = above if self._level is None else self._level + share * (above - self._level)
        wrong = self._level / self._rate / self.CORRECTED
        self._drift = float(np.clip(self._drift + wrong * seconds / self.CORRECTED / 2, -self.MOST, self.MOST))
        self.speed = 1 + float(np.clip(wrong + self._drift, -self.MOST, self.MOST))
        return self.speed

    def restart(self) -> None:
        """The buffer was filled anew; what is known of the clocks stays."""
        self._level = None

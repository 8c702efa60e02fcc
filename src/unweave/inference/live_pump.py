"""A stream between two sound devices, each with a clock of its own; the networks never run in a device's callback.

    input device -> heard() -> ring -> step(): Live, Varispeed -> ring -> played() -> output device

Where the output runs dry, silence is played, that is counted and said, and the buffer in front of it grows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unweave.audio.ring import Ring
from unweave.audio.varispeed import REACH, Follower, Varispeed
from unweave.inference.live import Live
from unweave.inference.recording import Samples

HELD = 4.0  # s of input that may wait for the networks
QUIET = 5.0  # s of sound between two sentences of one kind
BUFFER, MOST_BUFFER, GROWS = 0.04, 1.0, 1.5  # s in front of the output, at first and at most; factor


class Pump:
    """Three parties: callbacks of two devices, and whoever calls `step` as often as there may be something to do.

    Args:
        live: the stream.
        say: called with sentences for the user.

    Attributes:
        dry: times at which the output had nothing to play.
    """

    def __init__(self, live: Live, say: Callable[[str], None]) -> None:
        rate, channels = live.sample_rate, live.channels
        self.live, self._say, self._rate = live, say, rate
        self._input = Ring(channels, round(HELD * rate))
        self._output = Ring(channels, round((HELD + 2 * MOST_BUFFER) * rate))
        self._speed, self._follower = Varispeed(channels), Follower(rate)
        self.buffer = round(BUFFER * rate)
        self._block = 0  # samples that a device takes at once
        self._playing = False
        self.dry = 0
        self._missing = self._lost = 0
        self._silence: dict[str, int] = {}  # by kind of sentence, the sample until which nothing is said
        self._came = 0  # samples that were worked on

    @property
    def latency(self) -> float:
        """Of the stream and the buffer in front of the output, in s; that of the devices is theirs to tell."""
        return self.live.latency + self.buffer / self._rate

    def heard(self, block: Samples) -> None:
        """What the input device has recorded, (C, n); called by its thread."""
        self._input.write(block)

    def played(self, count: int) -> Samples:
        """What the output device plays next, (C, count); called by its thread."""
        self._block = max(self._block, count)
        if not self._playing:
            return np.zeros((self.live.channels, count), np.float32)
        return self._output.read(count)

    def step(self) -> bool:
        """Work on what has come; False if that was nothing."""
        count = self._input.filled
        if not count:
            return False
        self._came += count
        given = self.live.push(self._input.read(count))
        self._output.write(self._speed.push(given, self._follower.speed))
        self._check()
        if self._playing:
            self._follower.follow(self._output.filled - self._target, count)
        elif self._output.filled >= self._target:
            self._begin()
        return True

    @property
    def _target(self) -> int:
        return self.buffer + self._block

    def _begin(self) -> None:
        """From now on the output has what it needs."""
        spare = self._output.filled - self._target
        if spare > self._rate // 10:  # it came while nobody could play it, and would only make all of it later
            self._output.read(spare)
        self._playing = True
        self._follower.restart()
        self._missing = self._output.missing

    def _check(self) -> None:
        """Look whether the output ran dry or the input ran over."""
        if self._output.missing > self._missing:
            self._missing = self._output.missing
            self.dry += 1
            self.buffer = min(round(MOST_BUFFER * self._rate), round(GROWS * self.buffer))
            self._playing = False  # the gap is there: let it be long enough for the new buffer
            self._tell(
                "dry",
                f"The output ran dry ({self.dry} so far), which is heard as a gap; the buffer in front of it is "
                f"{1000 * self.buffer / self._rate:.0f} ms now, sound comes {self.latency:.2f} s late.",
            )
        if self._input.lost > self._lost:
            self._lost = self._input.lost
            lost = f"{self._lost / self._rate:.2f} s of the input are lost so far"
            self._tell("lost", f"{lost}: this machine fell behind by {HELD:g} s.")

    def _tell(self, kind: str, text: str) -> None:
        if self._came >= self._silence.get(kind, 0):
            self._silence[kind] = self._came + round(QUIET * self._rate)
            self._say(text)

    def end(self) -> int:
        """Give the last samples to the output; how many are left to be played."""
        if not self.live.ended:
            last = np.pad(self.live.flush(), ((0, 0), (0, REACH)))
            self._output.write(self._speed.push(last, self._follower.speed))
            self._playing = True
        return self._output.filled

"""The gate of a sound in a stream: it opens at once where the sound is heard, and closes softly where it is not."""

from __future__ import annotations

from unweave.inference.live_timing import Timing

CLOSING = 0.3  # s


class Gate:
    """How far a sound is let through, from 0 to 1, hop by hop.

    Args:
        timing: of the stream.
        sample_rate: in Hz.
    """

    def __init__(self, timing: Timing, sample_rate: int) -> None:
        self._timing = timing
        self._step = timing.hop / (CLOSING * sample_rate)
        self.level = 0.0

    def would_sound(self, active: bool) -> bool:
        """Whether anything passes in a hop in which the sound is heard or not."""
        return active or self.level > 0

    def curve(self, active: bool) -> tuple[tuple[int, float], ...]:
        """The next hop: (sample of the hop, level), straight lines between.

        It rises within the fade of two hearings, and falls over `CLOSING` from where it is.
        """
        before, hop = self.level, self._timing.hop
        self.level = 1.0 if active else max(0.0, before - self._step)
        if active:
            return (0, before), (max(1, self._timing.fade), 1.0)
        reached = hop if self.level else max(1, round(before / self._step * hop))
        return (0, before), (reached, self.level)

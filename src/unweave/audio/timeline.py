"""Where decoded sound belongs in time: silence is put where a file's time stamps say that nothing is."""

from __future__ import annotations

# Stamps are rounded and jitter; FFmpeg's aresample leaves alone what differs by less, too (min_hard_comp).
TOLERANCE = 0.1
# A longer hole is not believed: stamps that jump are those of another programme, or damaged.
LONGEST_HOLE = 3600.0
# All holes together: a few bytes may not ask for days of silence.
MOST_SILENCE = 6 * 3600.0


class Timeline:
    """Tells how much silence comes before each piece of sound.

    A stamp that goes back, or too far on, starts a new count from where the sound is; no sound is ever left out.

    Args:
        start: time of the first sample of the recording, in s; None for that of the first piece.
        tick: what stamps are rounded to, in s.
        trusted: stamps are the file's own; otherwise they only tell how much was lost between two pieces.
    """

    def __init__(self, start: float | None, tick: float, trusted: bool = True) -> None:
        self._zero, self._trusted = start, trusted
        self._fine = max(2 * tick, 0.0005)
        self._first = True
        self._place = 0.0
        self.silence = 0.0

    def add(self, time: float | None, length: float, sure: bool = False) -> float:
        """Take the next piece and give the silence before it, in s.

        Args:
            time: its stamp, in s; None if it has none.
            length: in s.
            sure: something was lost just before it, so that even a small step is a hole; so it is with the first one.
        """
        gap = 0.0
        if time is not None:
            if self._zero is None:
                self._zero = time - self._place
            ahead = time - self._zero - self._place
            exact = sure or self._first
            believed = self._trusted or sure
            if not believed or ahead < -TOLERANCE or ahead > min(LONGEST_HOLE, MOST_SILENCE - self.silence):
                self._zero += ahead
            elif ahead > (self._fine if exact else TOLERANCE):
                gap = ahead
        self._first = False
        self._place += gap + length
        self.silence += gap
        return gap

"""How a stated delay is spent: waiting for a hop to fill, working on it, and knowing what comes after a sample.

    heard      ... ------------------------------------------------------|  now
    given out  ... ------|--- hop ---|
                                     |--- room ---|------- ahead --------|     (once the room is over, in lockstep)

A sample is given out `delay` = hop + room + ahead samples after it came in, whatever the sizes of the blocks. The room
is the time that the machine has for the work of a hop; it is part of the delay, so that nothing is ever late.
"""

from __future__ import annotations

from dataclasses import dataclass

from unweave.errors import UnweaveError

SHORTEST, LONGEST = 0.1, 1.5  # s
DEFAULT = 0.25  # s
ROOM = 0.5  # of the hop
FADE = 0.02  # s


@dataclass(frozen=True)
class Timing:
    """Lengths in samples of the stream.

    Attributes:
        delay: from a sample's coming in to its going out.
        hop: from one hearing to the next.
        room: for the work of a hop, at most a hop.
        ahead: how much of what comes after a sample is known at least when it is separated.
        fade: from one hearing's answer to the next one's, at most `ahead` and `hop`.
    """

    delay: int
    hop: int
    room: int
    ahead: int
    fade: int

    @classmethod
    def of(cls, latency: float, sample_rate: int) -> Timing:
        """What suits a latency in s.

        Raises:
            UnweaveError: one that is no number, or out of reach.
        """
        try:
            seconds = float("nan") if isinstance(latency, (bool, str, bytes)) else float(latency)
        except (TypeError, ValueError):
            seconds = float("nan")
        if not SHORTEST <= seconds <= LONGEST:
            raise UnweaveError(
                f"The latency of a stream lies between {SHORTEST} and {LONGEST:g} s, not {ascii(latency)[:60]}; 0.1, "
                f"{DEFAULT}, 0.5 and 1 are measured in docs/live.md."
            )
        delay = round(seconds * sample_rate)
        # Half of what there is to wait; of a second, little: what comes after a sound says more than what came last.
        hop = round(min(0.5 * seconds, 0.1 + 0.1 * seconds) * sample_rate)
        room = round(ROOM * hop)
        ahead = delay - hop - room
        return cls(delay, hop, room, ahead, min(round(FADE * sample_rate), ahead, hop))

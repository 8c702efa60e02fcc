"""Whether a machine keeps up with a stream: how long the work takes, beside the sound that it is for."""

from __future__ import annotations

WATCHED = 2.0  # s of sound that a load is taken over


class Load:
    """Seconds of work for each second of sound, of late and in all.

    Attributes:
        late: times at which sound had to wait for the work of a hop.
        worst: the longest work of a hop, in s.
    """

    def __init__(self) -> None:
        self.late = 0
        self.worst = 0.0
        self._work = self._sound = 0.0
        self._of_late = 0.0

    def add(self, work: float, sound: float) -> None:
        """The work for a stretch of sound, both in s."""
        share = min(1.0, sound / WATCHED)
        first = self._sound == 0
        self._work, self._sound = self._work + work, self._sound + sound
        self._of_late = work / sound if first else self._of_late + share * (work / sound - self._of_late)
        self.worst = max(self.worst, work)

    @property
    def now(self) -> float:
        """Over the last seconds; above 1 the machine falls behind."""
        return self._of_late

    @property
    def mean(self) -> float:
        """Since the start."""
        return self._work / self._sound if self._sound else 0.0

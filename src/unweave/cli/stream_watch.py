"""Whether the machine keeps up with a stream, said at once and once, with what helps."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from unweave.cli.console import warn

if TYPE_CHECKING:
    from unweave.inference.live import Live


def too_slow(load: float) -> str:
    """What is said of a machine that does not keep up, and what helps."""
    return (
        f"This machine takes {load:.2f} s for a second of sound: a live stream falls behind. What helps: a longer "
        f"--latency, which is heard less often; fewer channels or classes; --backend openvino; {os.cpu_count()} cores "
        "that nothing else uses."
    )


class Watch:
    """Tells of a machine that does not keep up, once for each time that it begins."""

    def __init__(self, live: Live, say: Callable[[str], None]) -> None:
        self._live, self._say, self._behind = live, say, False

    def look(self) -> None:
        """After every piece."""
        load = self._live.load.now
        if load > 1 and not self._behind:
            warn(too_slow(load))
        self._behind = load > 1 or (self._behind and load > 0.9)

    def finish(self) -> None:
        """At the end."""
        load = self._live.load
        self._say(f"Done; {load.mean:.2f} s of work for each second of sound, {load.worst:.2f} s for a hop at most.")

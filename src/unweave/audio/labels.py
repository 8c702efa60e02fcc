"""labels.txt: what sounds when, as the label track of Audacity, which REAPER's scripts and many others read too.

One line for each: start and end in s, and the name, with tabs between (Audacity's manual, "Importing and Exporting
Labels").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from unweave.audio.tags import clean


class Named(Protocol):
    """Something that sounds for a while: an event."""

    @property
    def name(self) -> str:
        """As "Dog"."""
        ...

    @property
    def start(self) -> float:
        """In s."""
        ...

    @property
    def end(self) -> float:
        """In s."""
        ...


def labels_text(events: Iterable[Named]) -> str:
    """The text of the file, in the order of time."""
    ordered = sorted(events, key=lambda event: (event.start, event.end, event.name))
    return "".join(f"{event.start:.6f}\t{event.end:.6f}\t{clean(event.name)}\n" for event in ordered)

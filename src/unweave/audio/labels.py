"""What sounds when, for editors: labels.txt, a label track as Audacity has it, and the markers of a wav file.

One line of labels.txt for each: start and end in s, and the name, with tabs between (Audacity's manual, "Importing and
Exporting Labels").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from unweave.audio.tags import clean
from unweave.audio.wav_chunks import Marker


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


def event_markers(events: Iterable[Named], sample_rate: int) -> list[Marker]:
    """The same as markers of a wav file of that rate, in Hz."""
    places = [(event.name, round(event.start * sample_rate), round(event.end * sample_rate)) for event in events]
    return [Marker(name, start, max(end - start, 0)) for name, start, end in places]

"""One word of a phrase, and how much it says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One word of a phrase.

    Attributes:
        text: as it was understood (spelling corrected).
        weight: how much it says of the sound that is meant, 0 to 1.
        known: whether it stands in the index; what is not known means nothing.
    """

    text: str
    weight: float
    known: bool = True

"""What a store holds after clips were appended, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Summary:
    """What became of a collection that was appended to a store.

    Attributes:
        added: clips that were stored now.
        already: clips that had been stored before.
        skipped: a sentence for each clip that could not be stored, or for several of them.
        left_out: how many clips these sentences speak of.
        clips, hours: of the whole store.
        counts: clips of each class in the whole store, also of the classes that have none.
    """

    added: int
    already: int
    skipped: list[str] = field(default_factory=list)
    left_out: int = 0
    clips: int = 0
    hours: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)

    def rarest(self, number: int = 5) -> list[tuple[str, int]]:
        """The classes with the fewest clips, of those that have any, the rarest first."""
        present = [(name, count) for name, count in self.counts.items() if count]
        return sorted(present, key=lambda pair: pair[1])[:number]

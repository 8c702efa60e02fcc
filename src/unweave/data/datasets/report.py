"""What of a data set cannot be used and why: a sentence for each clip while they are few, one for all if many."""

from __future__ import annotations

from collections.abc import Iterable

EACH = 20  # clips with the same fault that get a sentence each
EXAMPLES = 5  # clips that a sentence about many names


class Report:
    """Collects clips by the reason why they are left out."""

    def __init__(self) -> None:
        self._reasons: dict[str, tuple[int, list[str]]] = {}
        self._notes: list[str] = []

    @property
    def count(self) -> int:
        """How many clips are left out."""
        return sum(count for count, _ in self._reasons.values())

    def add(self, reason: str, clip: str) -> None:
        """One clip more; `reason` is a clause, as "there is no such file"."""
        self.add_many(reason, 1, [clip])

    def add_many(self, reason: str, count: int, examples: Iterable[str]) -> None:
        """`count` clips more, some of which `examples` names: all of them, or at least `EACH`."""
        before, names = self._reasons.get(reason, (0, []))
        for name in examples:
            if len(names) < EACH:
                names.append(name)
        self._reasons[reason] = before + count, names

    def note(self, sentence: str) -> None:
        """Something that is not about one clip."""
        self._notes.append(sentence)

    def sentences(self) -> list[str]:
        """All that was found, for people to read."""
        said = list(self._notes)
        for reason, (count, names) in self._reasons.items():
            if count <= EACH:
                said += [f"{name}: {reason}." for name in names]
            else:
                said.append(f"{count} clips, for example {', '.join(names[:EXAMPLES])}: {reason}.")
        return said

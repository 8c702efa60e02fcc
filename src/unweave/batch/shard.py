"""A shard: one of N parts of a campaign. Whoever does it needs to know nothing of the others."""

from __future__ import annotations

from dataclasses import dataclass

from unweave.batch.items import Item
from unweave.errors import UnweaveError

MOST = 1_000_000


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`; an item belongs to the same one however many are added beside it.

    Some count from 0 to N - 1 and some from 1 to N. Both will do: part N is part 0.
    """

    index: int = 0
    count: int = 1

    @classmethod
    def of(cls, text: str | None) -> Shard:
        """What was typed: "3/8"; None for everything.

        Raises:
            UnweaveError: no such part.
        """
        if text is None:
            return cls()
        first, _, second = text.partition("/")
        if not (first.isdecimal() and second.isdecimal() and int(first) <= int(second) and 0 < int(second) <= MOST):
            raise UnweaveError(f"--shard {text[:40]} is no part of a whole; the parts of eight are 1/8, 2/8, to 8/8.")
        return cls(int(first) % int(second), int(second))

    def __contains__(self, item: Item) -> bool:
        return item.key % self.count == self.index

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

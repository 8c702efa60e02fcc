"""What turns items into rows; one for separation, one for detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from unweave.evaluation.items import Item, Scene
from unweave.evaluation.rows import Row


class Measurer(Protocol):
    """Measures a model on items.

    Attributes:
        columns: figures of a row, beside those that every row begins with (`unweave.evaluation.rows.KEYS`).
        systems: what each item has a row of, in their order.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """See above."""
        ...

    @property
    def systems(self) -> tuple[str, ...]:
        """See above."""
        ...

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the items, in their order and that of `systems`; the same whatever stands around the items."""
        ...

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """All figures of a run, as `unweave.evaluation.summary.summary_of` gives them."""
        ...

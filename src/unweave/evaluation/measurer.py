"""What turns items into rows; one for separation, one for detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from unweave.evaluation.items import Item, Scene
from unweave.evaluation.rows import Row


class Measurer(Protocol):
    """Measures a model on items.

    Attributes:
        columns: figures of a row, beside those that every row begins with (`unweave.evaluation.rows.KEYS`).
        systems: what each item has a row of, in their order.
    """

    columns: tuple[str, ...]
    systems: tuple[str, ...]

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the items, in their order and that of `systems`; the same whatever stands around the items."""
        ...

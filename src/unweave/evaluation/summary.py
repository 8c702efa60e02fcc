"""All figures of a run from its rows: for every system and column, over all items and over each part of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from unweave.evaluation.rows import KEYS, Row
from unweave.evaluation.statistics import Figure, Measured, Summary, summarise

ALL = "all"


def measured(rows: Iterable[Row], system: str, column: str, part: str | None = None) -> list[Measured]:
    """What one system scored in one column, on all items or those of a part."""
    return [
        Measured(str(row["label"]), str(row["group"]), float(row[column]))
        for row in rows
        if row["system"] == system and (part is None or row["part"] == part)
    ]


def summary_of(rows: Sequence[Row], how: Summary) -> dict[str, Any]:
    """`{"figures": {part: {system: {column: {"value", "low", "high", "items", "left_out"}}}}}`; NaN becomes None.

    The part "all" is everything; others are there if items have parts.
    """
    columns = [name for name in rows[0] if name not in KEYS] if rows else []
    systems = list(dict.fromkeys(str(row["system"]) for row in rows))
    parts = sorted({str(row["part"]) for row in rows} - {""})
    return {
        "figures": {
            part or ALL: {
                system: {column: plain(summarise(measured(rows, system, column, part), how)) for column in columns}
                for system in systems
            }
            for part in (None, *parts)
        }
    }


def plain(figure: Figure) -> dict[str, float | int | None]:
    """A figure as JSON takes it."""
    values = {"value": figure.value, "low": figure.low, "high": figure.high}
    rounded = {name: None if math.isnan(value) else round(value, 4) for name, value in values.items()}
    return {**rounded, "items": figure.items, "left_out": figure.left_out}

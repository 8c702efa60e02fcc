"""What each scene has a row of: a level at a threshold."""

from __future__ import annotations

import re

from unweave.errors import UnweaveError

OWN = "own"
"""The threshold of the model's own settings."""

THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9)


def system(level: int, threshold: float | str) -> str:
    """The name, as "level 1 @ 0.2"."""
    return f"level {level} @ {threshold if isinstance(threshold, str) else f'{threshold:g}'}"


def parse_system(name: str) -> tuple[int, float | None]:
    """Level and threshold of a name, None for the model's own.

    Raises:
        UnweaveError: it is the name of something else.
    """
    found = re.fullmatch(r"level (\d+) @ (own|[\d.e-]+)", name)
    if not found:
        raise UnweaveError(f"These rows are of {name!r}, not of a level at a threshold; give a run of detection.")
    return int(found[1]), None if found[2] == OWN else float(found[2])

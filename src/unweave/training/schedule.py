"""Learning rate over a run, as a share of the highest."""

from __future__ import annotations

import math


def warmup_cosine(step: int, warmup: int, steps: int, last: float = 0.0) -> float:
    """Rise linearly over `warmup` steps, fall as half a cosine to `last` at `steps`."""
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return last + (1 - last) * 0.5 * (1 + math.cos(math.pi * done))

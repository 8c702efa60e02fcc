"""Learning rate over a run, as a share of the highest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """What the schedules go by.

    Attributes:
        steps: optimiser steps of the run.
        warmup: steps of the linear rise of "cosine" and "constant".
        stage: steps of each of the three stages of "published".
    """

    steps: int
    warmup: int = 100
    stage: int = 10_000


def warmup_cosine(step: int, course: Course) -> float:
    """Rise linearly over the warm-up, then fall as half a cosine to zero at the last step."""
    if step < course.warmup:
        return (step + 1) / course.warmup
    done = min(1.0, (step - course.warmup) / max(1, course.steps - course.warmup))
    return 0.5 * (1 + math.cos(math.pi * done))


def warmup_constant(step: int, course: Course) -> float:
    """Rise linearly over the warm-up and stay."""
    return min(1.0, (step + 1) / course.warmup) if course.warmup else 1.0


def paper(step: int, course: Course) -> float:
    """Always the same (Section 4.2: Adam at 0.001)."""
    return 1.0


def published(step: int, course: Course) -> float:
    """As the published code: three stages at 0.001, 0.01 and 0.1 of the rate, then the whole of it."""
    stage = step // course.stage
    return (0.001, 0.01, 0.1)[stage] if stage < 3 else 1.0


SCHEDULES: dict[str, Callable[[int, Course], float]] = {
    "cosine": warmup_cosine,
    "constant": warmup_constant,
    "paper": paper,
    "published": published,
}

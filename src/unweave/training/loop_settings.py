"""How a run of the loop goes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from unweave.errors import UnweaveError


@dataclass
class LoopSettings:
    """How a run goes.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: the highest.
        optimiser: its name, see `unweave.training.optimisers`.
        schedule: of the learning rate, see `unweave.training.schedule`: "cosine", "constant", "paper", "published".
        warmup: steps until "cosine" and "constant" reach the highest rate.
        schedule_steps: length of each of the three stages that "published" begins with.
        precision: "32", or autocast to half precision where that is safe: "16-mixed", "bf16-mixed" (or "bf16");
            "auto" is bfloat16 where the device is quicker in it. The weights stay in 32 bits.
        device: "auto", "cpu", "cuda" or "mps".
        accumulate: batches whose gradients make up one step.
        weight_decay: decoupled where the optimiser does that.
        clip: gradients are scaled down to this norm; 0 for never.
        average: decay of the moving average of the weights, which is what is kept; 0 for none.
        best: the measurement that best.ckpt is the best in, higher is better; None takes the first.
        evaluate_every, save_every, log_every: steps.
        minutes: a run that has only so much time, interruptions not counted: the schedule goes by the clock, and at
            its end the run is over, however many of its `steps` it has done. Such a run is not the same twice. None for
            a run that goes by steps alone.
    """

    steps: int
    learning_rate: float = 1e-3
    optimiser: str = "adamw"
    schedule: Literal["cosine", "constant", "paper", "published"] = "cosine"
    warmup: int = 100
    schedule_steps: int = 10_000
    precision: Annotated[Literal["32", "16-mixed", "bf16-mixed", "bf16", "auto"], BeforeValidator(str)] = "32"
    device: str = "auto"
    accumulate: int = 1
    weight_decay: float = 1e-2
    clip: float = 5.0
    average: float = 0.999
    best: str | None = None
    evaluate_every: int = 500
    save_every: int = 200
    log_every: int = 20
    minutes: float | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "schedule_steps", "accumulate", "evaluate_every", "save_every", "log_every"):
            if getattr(self, name) < 1:
                raise UnweaveError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("learning_rate", "warmup", "weight_decay", "clip", "average"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UnweaveError(f"{name} must be a number from 0 up, not {getattr(self, name)}.")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise UnweaveError(f"minutes must be a number above 0, not {self.minutes}.")
        if self.average >= 1:
            raise UnweaveError(f"average must be below 1, not {self.average}; at 1 it would never move.")

    def that_matter(self) -> dict[str, Any]:
        """What the weights depend on; a run cannot go on with other values."""
        without = {"device", "best", "evaluate_every", "save_every", "log_every", "minutes"}
        if self.schedule != "cosine":
            without.add("steps")  # such a run may be made longer
        return {name: value for name, value in asdict(self).items() if name not in without}

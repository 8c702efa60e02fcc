"""The training loop: draw, step, log, look, save; and go on after an interruption.

A *task* knows what is learnt (`unweave.training.tagging`, `unweave.training.separation`); the loop knows how.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.training.checkpoint import load_checkpoint, save_checkpoint
from unweave.training.optimisers import build_optimiser
from unweave.training.schedule import warmup_cosine


class Task(Protocol):
    """What a run learns. All randomness of `loss` comes from state that `state_dict` holds."""

    @property
    def net(self) -> nn.Module:
        """What is learnt."""

    def loss(self) -> tuple[Tensor, dict[str, float]]:
        """Draw the next batch; its loss and what to log."""

    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """Measure `net` on recordings that are not trained on."""

    def state_dict(self) -> dict[str, Any]:
        """Samplers and random states."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""


@dataclass
class LoopSettings:
    """How a run goes.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: the highest.
        warmup: steps until it is reached; then it falls as half a cosine to zero.
        optimiser: its name, see `unweave.training.optimisers`.
        precision: "32", or "bf16" for autocast to bfloat16 where that is safe; the weights stay in 32 bits.
        weight_decay: decoupled where the optimiser does that.
        clip: gradients are scaled down to this norm.
        average: decay of the moving average of the weights, which is what is kept; 0 for none.
        evaluate_every, save_every, log_every: steps.
    """

    steps: int
    learning_rate: float = 1e-3
    optimiser: str = "adamw"
    precision: Literal["32", "bf16"] = "32"
    warmup: int = 100
    weight_decay: float = 1e-2
    clip: float = 5.0
    average: float = 0.999
    evaluate_every: int = 500
    save_every: int = 200
    log_every: int = 20


def averaged(net: nn.Module, decay: float) -> torch.optim.swa_utils.AveragedModel:
    """A moving average of `net`'s weights that warms up, so that the random start is soon forgotten."""

    def average(old: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        rate = min(decay, (1 + float(count)) / (10 + float(count)))
        return old.lerp(new, 1 - rate) if old.is_floating_point() else new

    return torch.optim.swa_utils.AveragedModel(net, avg_fn=average, use_buffers=True)


def fit(task: Task, settings: LoopSettings, folder: Path) -> nn.Module:
    """Run `task` to the end and return the averaged net.

    `folder` gets log.jsonl and last.ckpt; a run that finds a last.ckpt goes on from it.

    Raises:
        UnweaveError: the loss is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "last.ckpt"
    net = task.net
    optimiser = build_optimiser(settings.optimiser, net.parameters(), settings.learning_rate, settings.weight_decay)
    average = averaged(net, settings.average)
    step = 0
    if checkpoint.is_file():
        state = load_checkpoint(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        task.load_state_dict(state["task"])
        torch.set_rng_state(state["random"])
        step = state["step"]
    started = time.perf_counter()
    sums: dict[str, float] = {}

    def log(**values: Any) -> None:
        line = json.dumps({"step": step, "minutes": round((time.perf_counter() - started) / 60, 2), **values})
        print(line, file=sys.stderr, flush=True)
        with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def save() -> None:
        save_checkpoint(
            checkpoint,
            {
                "step": step,
                "net": net.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "task": task.state_dict(),
                "random": torch.get_rng_state(),
            },
        )

    while step < settings.steps:
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * warmup_cosine(step, settings.warmup, settings.steps)
        net.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bf16"):
            loss, values = task.loss()
        if not torch.isfinite(loss):
            raise UnweaveError(
                f"The loss is not finite at step {step} ({values}); lower the learning rate or look at the clips."
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(net.parameters(), settings.clip)
        optimiser.step()
        average.update_parameters(net)
        step += 1
        for name, value in {"loss": loss.item(), "gradient": float(norm), **values}.items():
            sums[name] = sums.get(name, 0.0) + value / settings.log_every
        if step % settings.log_every == 0:
            log(**{name: round(value, 4) for name, value in sums.items()})
            sums = {}
        if step % settings.evaluate_every == 0 or step == settings.steps:
            average.eval()
            log(**{f"valid {name}": round(value, 4) for name, value in task.evaluate(average.module).items()})
        if step % settings.save_every == 0 or step == settings.steps:
            save()
    return average.module

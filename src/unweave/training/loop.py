"""The training loop: draw, step, log, look, save; and go on after an interruption.

A *task* knows what is learnt (`unweave.training.tagging`, `unweave.training.method`); the loop knows how.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.training.average import Average
from unweave.training.batchnorm import synchronised
from unweave.training.checkpoint import BEST, LAST, check_fits, load_checkpoint, save_checkpoint
from unweave.training.interruption import Interruption
from unweave.training.logs import Log
from unweave.training.loop_settings import LoopSettings
from unweave.training.machine import Machine
from unweave.training.optimisers import build_optimiser
from unweave.training.rescue import LONG, Rescue
from unweave.training.schedule import SCHEDULES, Course
from unweave.training.thawing import MARK, Thaw

__all__ = ["LoopSettings", "Task", "fit"]

Observer = Callable[[dict[str, Any]], None]


class Task(Protocol):
    """What a run learns. All randomness is from torch's and Python's generators or state that `state_dict` holds."""

    @property
    def net(self) -> nn.Module:
        """What is learnt: all of its parameters that want a gradient."""

    def draw(self) -> Any:
        """The next batch, on the CPU."""

    def loss(self, net: nn.Module, batch: Any) -> tuple[Tensor, dict[str, float]]:
        """The mean loss of a batch that is on the device, and what to log; calls `net` exactly once."""

    def names(self, batch: Any) -> list[str]:
        """The clips in a batch, for messages."""

    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """Measure `net`, which may be on any device, on recordings that are not trained on.

        A task that has an attribute `measured_on` says with it which ones these are, for people.
        """

    def state_dict(self) -> dict[str, Any]:
        """Samplers and random states, as plain data and tensors."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""


def fit(
    task: Task,
    settings: LoopSettings,
    folder: Path,
    observer: Observer | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Run `task` to the end.

    A run that finds a last.ckpt in its folder goes on from it and ends, on a CPU, with the same weights bit for bit as
    one that never stopped. Under torchrun all processes call this and share the work. Ctrl-C and SIGTERM finish the
    step and save it.

    A step that takes longer than `unweave.training.rescue.PATIENCE` after the signal is given up, and the one before it
    is saved; then the process ends at once, with status 130.

    Args:
        task: what is learnt; its net is on the CPU again afterwards.
        settings: how.
        folder: gets log.jsonl, TensorBoard's files, last.ckpt and best.ckpt.
        observer: told how it goes, in the first process alone. Every event has `kind`, `step`, `steps` and
            `seconds_left`; kind "step" also `loss` and `rate`; "valid" `values` (name to number) and `best` (whether it
            is) and `on` (what it was measured on); "saved" `path`. Kind "start" comes first, with `device` and
            `weights`, the number of those that learn.
        recipe: what else the weights depend on, as JSON can hold it; kept in the checkpoints, and a run does not go on
            with another one.

    Returns:
        The net with averaged weights, on the CPU, in evaluation mode.

    Raises:
        UnweaveError: a loss or a gradient is not finite; last.ckpt is broken or of another run; the disk is full.
        KeyboardInterrupt: it was asked to stop, and is saved.
    """
    machine = Machine(settings.device, settings.precision)
    task.net.to(machine.device)
    try:
        with synchronised(task.net, machine.device, machine.world), Interruption() as interruption:
            run = _Run(task, settings, folder, machine, observer, json.loads(json.dumps(recipe or {}, default=str)))
            interruption.rescue = run.rescue.save
            try:
                run.go_on()
                while not run.finished:
                    run.one_step()
                    stop = machine.anywhere(interruption.wanted)[0]
                    run.look_and_save(stop)
                    if stop:
                        raise KeyboardInterrupt
            finally:
                run.close()
    finally:
        task.net.zero_grad(set_to_none=True)
        task.net.cpu()
    return run.average.net.cpu()


class _Run:
    """The moving parts of a run."""

    def __init__(
        self,
        task: Task,
        settings: LoopSettings,
        folder: Path,
        machine: Machine,
        observer: Observer | None,
        recipe: dict[str, Any],
    ) -> None:
        self.task, self.settings, self.folder, self.machine, self.recipe = task, settings, folder, machine, recipe
        self.observer = observer if machine.rank == 0 else None
        self.fabric = machine.fabric
        parameters = [parameter for parameter in task.net.parameters() if parameter.requires_grad]
        if not parameters:
            raise UnweaveError("There is nothing to learn: no parameter of the net wants a gradient.")
        optimiser = build_optimiser(settings.optimiser, parameters, settings.learning_rate, settings.weight_decay)
        self.average = Average(task.net, settings.average)
        self.thaw: Thaw | None = getattr(task, "thaw", None)
        if self.thaw is not None:
            self.thaw.split(optimiser)
        self.net, self.optimiser = self.fabric.setup(task.net, optimiser)
        self.course = Course(settings.steps, settings.warmup, settings.schedule_steps)
        self.step, self.seconds, self.best = 0, 0.0, -math.inf
        self.took = math.inf  # s, of the last step
        self.rescue = Rescue(task.net, task.state_dict, machine, self._save)
        self.sums: dict[str, list[float]] = {}
        self.log: Log | None = None

    def go_on(self) -> None:
        """Take everything up from last.ckpt, if there is one."""
        path = self.folder / LAST
        machine, task = self.machine, self.task

        def read() -> dict[str, Any] | None:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not path.is_file():
                return None
            state = load_checkpoint(path)
            check_fits(path, state, task.net, self.settings.that_matter(), self.recipe, machine.world)
            return state

        state = machine.first(read)
        if state is not None:
            task.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.fabric.strategy.precision.load_state_dict(state["precision"])
            task.load_state_dict(state["tasks"][machine.rank])
            machine.set_random_state(state["random"][machine.rank])
            self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]
        elif machine.rank > 0:
            torch.manual_seed(torch.initial_seed() + machine.rank)  # or all would drop out the same units
        self.log = Log(self.folder, self.step) if machine.rank == 0 else None
        self.started, self.began = time.perf_counter() - self.seconds, self.step
        self.finished = self.over

    @property
    def elapsed(self) -> float:
        """Seconds that the run has been at work, those before an interruption too."""
        return time.perf_counter() - self.started

    @property
    def over(self) -> bool:
        """Whether all steps are done, or all the time is up."""
        minutes = self.settings.minutes
        return self.step >= self.settings.steps or (minutes is not None and self.elapsed >= 60 * minutes)

    @property
    def place(self) -> int:
        """The step that the schedule is at: by the clock where time is what is short."""
        steps, minutes = self.settings.steps, self.settings.minutes
        if minutes is None or self.step < self.settings.warmup:
            return self.step
        return min(steps - 1, int(self.elapsed / (60 * minutes) * steps))

    def one_step(self) -> None:
        """One step of the optimiser, from `accumulate` batches."""
        begin = self._before_step()
        settings, machine = self.settings, self.machine
        rate = settings.learning_rate * SCHEDULES[settings.schedule](self.place, self.course)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * (self.thaw.factor(self.step) if self.thaw is not None and group.get(MARK) else 1.0)
        self.net.train()
        batches = []
        for number in range(settings.accumulate):
            batch = self.task.draw()
            batches.append(batch)
            more = machine.world > 1 and number < settings.accumulate - 1
            with self.fabric.no_backward_sync(self.net) if more else nullcontext():
                loss, values = self.task.loss(self.net, self.fabric.to_device(batch))
                value = loss.item()
                if machine.anywhere(not math.isfinite(value))[0]:
                    self._stop("loss", [] if math.isfinite(value) else [batch])
                self.fabric.backward(loss / settings.accumulate)
            self._note(loss=value, **values)
        limit = settings.clip or math.inf
        norm: Any = self.fabric.clip_gradients(self.net, self.optimiser, max_norm=limit, error_if_nonfinite=False)
        gradient = norm.item()
        # In 16 bits gradients overflow now and then: the scaler leaves the step out and scales less, down to 1.
        if not math.isfinite(gradient) and (machine.scale is None or machine.scale <= 1):
            self._stop("gradient", batches)
        with self.rescue.changing():
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.average.update(self.task.net)
            self.step += 1
        self.took = time.perf_counter() - begin
        if math.isfinite(gradient):
            self._note(gradient=gradient)
        if self.step % settings.log_every == 0:
            self._write_means(rate)
        self._tell("step", loss=value, rate=rate)

    def _before_step(self) -> float:
        """When the step begins; what there is to do before it."""
        if self.step == self.began:
            learning = sum(weight.numel() for weight in self.task.net.parameters() if weight.requires_grad)
            self._tell("start", device=self.machine.device.type, weights=learning)
        self.rescue.remember(self.took > LONG)
        if self.thaw is not None:
            self.thaw.begin(self.step)
        return time.perf_counter()

    def _stop(self, what: str, batches: list[Any]) -> None:
        named = [self.task.names(batch) for batch in batches]
        clips = dict.fromkeys(name for part in self.machine.gather(named) for names in part for name in names)
        raise UnweaveError(
            f"The {what} is not finite at step {self.step}, in a batch of these clips: "
            f"{', '.join(clips) or 'unknown'}. Listen to them, lower the learning rate, or choose precision 32; the "
            "run goes on from its last checkpoint."
        )

    def _note(self, **values: float) -> None:
        for name, value in values.items():
            self.sums.setdefault(name, []).append(value)

    def _write_means(self, rate: float) -> None:
        """Means over the steps since the last line and over all processes."""
        means = {name: sum(values) / len(values) for name, values in self.sums.items()}
        self.sums = {}
        every = self.machine.gather(means)
        if self.log is not None:
            for name in means:
                known = [other[name] for other in every if name in other]
                means[name] = sum(known) / len(known)
            self.log.write(self.step, minutes=self.elapsed / 60, **means, rate=rate)

    def _tell(self, kind: str, **more: Any) -> None:
        if self.observer is not None:
            done, left = self.step - self.began, self.settings.steps - self.step
            seconds = (self.elapsed - self.seconds) / max(done, 1) * left
            if self.settings.minutes is not None:
                seconds = max(0.0, min(seconds, 60 * self.settings.minutes - self.elapsed))
            self.observer(
                {"kind": kind, "step": self.step, "steps": self.settings.steps, "seconds_left": seconds, **more}
            )

    def look_and_save(self, stop: bool) -> None:
        """Measure and save where it is time for that."""
        # Asked once: by the clock, the end may come between two looks.
        settings, self.finished = self.settings, self.over
        last = self.finished
        better = (self.step % settings.evaluate_every == 0 or last) and self._measure()
        if better or stop or last or self.step % settings.save_every == 0:
            tasks, random = (
                self.machine.gather(part) for part in (self.task.state_dict(), self.machine.random_state())
            )
            with self.rescue.changing():
                self.machine.first(lambda: self._save(tasks, random, [BEST, LAST] if better else [LAST]))

    @torch.no_grad()
    def _measure(self) -> bool:
        """Measure the averaged net; whether it is the best so far."""
        self.rescue.remember(True)
        values = self.machine.first(lambda: self.task.evaluate(self.average.net))
        name = self.settings.best or next(iter(values), None)
        if name is not None and name not in values:
            raise UnweaveError(
                f"There is no measurement {name!r} to choose the best by; there are: {', '.join(values) or 'none'}."
            )
        better = name is not None and values[name] > self.best
        if name is not None and better:
            self.best = values[name]
        if self.log is not None:
            self.log.write(self.step, **{f"valid {name}": value for name, value in values.items()})
        self._tell("valid", values=values, best=better, on=getattr(self.task, "measured_on", ""))
        return better

    def _save(
        self, tasks: list[Any], random: list[Any], files: list[str], buffers: dict[str, Tensor] | None = None
    ) -> None:
        state = {
            "step": self.step,
            "seconds": self.elapsed,
            "best": self.best,
            "net": self.task.net.state_dict() | (buffers or {}),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "tasks": tasks,
            "random": random,
            "settings": self.settings.that_matter(),
            "recipe": self.recipe,
        }
        for name in files:
            save_checkpoint(self.folder / name, state)
            self._tell("saved", path=str(self.folder / name))

    def close(self) -> None:
        """Leave the log in order."""
        if self.log is not None:
            self.log.close()

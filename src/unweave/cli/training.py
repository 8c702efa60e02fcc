"""How a run of training shows: a live display on a terminal, plain lines everywhere else; both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Display:
    """Is told how a run goes (see `unweave.training.observer.Observer`) and shows it.

    Used as a context manager, so that a terminal is left in order whatever happens.

    Args:
        quiet: show nothing.
        every: seconds between plain lines.
    """

    def __init__(self, quiet: bool = False, every: float = 30.0) -> None:
        self._quiet, self._every, self._last = quiet, every, 0.0
        self._what = "Learning"
        self._bars: dict[str, Any] = {}
        self._loss: float | None = None
        self._live: Any = None

    def __enter__(self) -> Display:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = [
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:.0f} of {task.total:.0f}"),
                TextColumn("{task.fields[more]}"),
            ]
            self._live = Progress(*columns, console=Console(stderr=True))
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, what: str) -> None:
        """A new part of the run."""
        self._what, self._loss = what, None
        self._bars.pop(what, None)
        self._say(what)

    def counter(self, what: str) -> Callable[[int, int], None]:
        """What is called with (done, total) while `what` is going on."""
        return lambda done, total: self._show(what, done, total, "")

    def __call__(self, event: dict[str, Any]) -> None:
        """An event of the loop: a step, a measurement, a checkpoint."""
        if event["kind"] == "step":
            loss = event["loss"]
            self._loss = loss if self._loss is None else 0.95 * self._loss + 0.05 * loss
            more = f"loss {self._loss:.4g}, rate {event['rate']:.2g}, {duration(event['seconds_left'])} left"
            self._show(self._what, event["step"], event["steps"], more)
        elif event["kind"] == "valid":
            values = ", ".join(f"{name} {value:.4g}" for name, value in event["values"].items())
            self._say(f"step {event['step']}: {values}{' (the best so far)' if event['best'] else ''}")

    def _show(self, what: str, done: float, total: float, more: str) -> None:
        if self._live is not None:
            if what not in self._bars:
                self._bars[what] = self._live.add_task(what, total=total, more=more)
            self._live.update(self._bars[what], completed=done, total=total, more=more)
        elif not self._quiet and (done >= total or time.monotonic() - self._last >= self._every):
            self._last = time.monotonic()
            self._say(f"{what}: {done} of {total}{more and ', '}{more}")

    def _say(self, line: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text(line))  # above the bars
        elif not self._quiet:
            print(line, file=sys.stderr, flush=True)


def duration(value: float) -> str:
    """About how long, as people say it: 40 s, 12 min, 3 h 5 min, 2 d 4 h."""
    minutes = round(value / 60)
    if value < 59.5:
        return f"{value:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"

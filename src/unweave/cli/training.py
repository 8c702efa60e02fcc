"""How a run of training shows: a live display on a terminal, plain lines everywhere else; both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unweave.training.forecast import Part

LARGE = 5_000_000  # weights from which a CPU learns for weeks
WARM, SLOW = 20, 5.0  # steps, or s, after which the pace is said


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
        self._start: tuple[float, int] | None = None  # when a part began to learn, and at which step

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

    def ahead(self, forecast: Callable[[], list[Part]]) -> None:
        """What the whole run takes, part by part, before it begins."""
        if self._quiet:
            return
        self._say("Trying a step of each part, to say how long it takes")
        if not (parts := forecast()):
            return
        width = max(len(part.what) for part in parts)
        self._say("To be done, by an estimate for a machine that does nothing else meanwhile:")
        for part in parts:
            time_ = "the first steps will tell" if part.seconds is None else f"about {duration(part.seconds)}"
            self._say(f"  {part.what:<{width}}  {part.count:>7} {part.unit}  {time_}")
        known = sum(part.seconds or 0 for part in parts)
        if len(parts) > 1 and known:
            more = " and what the first steps will tell" if any(part.seconds is None for part in parts) else ""
            self._say(f"  {'together':<{width}}  {'':>13}  about {duration(known)}{more}; reading and measuring on top")

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
        if event["kind"] == "start":
            self._start = time.monotonic(), event["step"]
            if event["device"] == "cpu" and event["weights"] > LARGE:
                self._say(
                    f"{event['weights'] / 1e6:.0f} million weights are to be learnt on a CPU: that takes a GPU to be "
                    "done in days, and here each step may take minutes. The first one will tell; --try goes the whole "
                    "way with a tiny net instead."
                )
        elif event["kind"] == "step":
            self._pace(event["step"], event["steps"])
            loss = event["loss"]
            self._loss = loss if self._loss is None else 0.95 * self._loss + 0.05 * loss
            more = f"loss {self._loss:.4g}, rate {event['rate']:.2g}, {duration(event['seconds_left'])} left"
            self._show(self._what, event["step"], event["steps"], more)
        elif event["kind"] == "valid":
            values = ", ".join(f"{name} {value:.4g}" for name, value in event["values"].items())
            on = f", measured on {event['on']}" if event.get("on") else ""
            self._say(f"step {event['step']}{on}: {values}{' (the best so far)' if event['best'] else ''}")

    def _pace(self, step: int, steps: int) -> None:
        """What a step takes and all of them together, once that can be said: after the first one if it took long."""
        if self._start is None:
            return
        begin, first = self._start
        seconds, done = time.monotonic() - begin, step - first
        if done < WARM and seconds < SLOW:
            return
        self._start = None
        self._say(
            f"a step takes about {precise(seconds / done)}, so the {steps - step} that are left take about "
            f"{duration(seconds / done * (steps - step))}"
        )

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


def precise(value: float) -> str:
    """A time that may be short: 0.25 s, 3.2 s, 2 min."""
    return f"{value:.2g} s" if value < 9.95 else duration(value)


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

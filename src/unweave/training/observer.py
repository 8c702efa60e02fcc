"""Who is told how a run goes. The command line shows it (`unweave.cli.training`), tests and scripts need not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from unweave.training.forecast import Part

Counter = Callable[[int, int], None]


class Observer(Protocol):
    """Is told what a run does."""

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event of the loop: step, steps, loss, ..."""

    def ahead(self, forecast: Callable[[], list[Part]]) -> None:
        """Before anything is learnt: what is to be done and about how long it takes; call it if somebody wants to know.

        It tries a step of each part, which takes some seconds.
        """

    def begin(self, what: str) -> None:
        """Take note of a new part of the run."""

    def counter(self, what: str) -> Counter:
        """What is called with (done, total) while `what` is going on."""


class Quiet:
    """Tells nobody."""

    def __call__(self, event: dict[str, Any]) -> None:
        """Nothing."""

    def ahead(self, forecast: Callable[[], list[Part]]) -> None:
        """Nothing."""

    def begin(self, what: str) -> None:
        """Nothing."""

    def counter(self, what: str) -> Counter:
        """Nothing."""
        return lambda done, total: None

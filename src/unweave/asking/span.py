"""By a stretch of the recording itself: not there yet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from unweave.asking.base import Look, Way, ways
from unweave.errors import UnweaveError
from unweave.inference.wish import Prepared

if TYPE_CHECKING:
    from unweave.inference.recording import Recording
    from unweave.networks import Networks


@ways.register("span")
class Span(Way):
    """Refuses bad stretches by their fault, and good ones because nothing answers them yet."""

    look = Look(
        option="--span",
        metavar="START-END",
        help="A stretch of the recording, in seconds.",
        argument="span",
        setting=None,
        place=40,
    )

    @classmethod
    def of(cls, given: Any) -> Span | None:
        """Nothing, or a sentence."""
        if given is None or (isinstance(given, Sequence) and len(given) == 0):
            return None
        if not isinstance(given, Sequence):
            raise UnweaveError(f"{_quoted(given)} is no stretch of time; write START-END in seconds, such as 1.5-2.5.")
        spans: Iterable[Any] = [given] if isinstance(given, str) or isinstance(given[0], (int, float)) else given
        for one in spans:
            parse_span(one)
        raise UnweaveError(
            "Asking by a stretch of time (--span) is not there yet; cut it out and give it with --query."
        )

    def plain(self) -> list[Any]:
        """Nothing."""
        return []

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing."""
        return Prepared()


def parse_span(span: Any) -> tuple[float, float]:
    """Start and end in s from "1.5-2.5" or (1.5, 2.5).

    Raises:
        UnweaveError: not two times, or the end is not after the start.
    """
    try:
        start, end = (float(part) for part in (span.split("-") if isinstance(span, str) else span))
    except (TypeError, ValueError, OverflowError):
        raise UnweaveError(
            f"{_quoted(span)} is no stretch of time; write START-END in seconds, such as 1.5-2.5."
        ) from None
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise UnweaveError(f"The stretch of time {_quoted(span)} must end after it starts; write START-END in seconds.")
    return start, end


def _quoted(value: Any) -> str:
    return ascii(value)[:60]

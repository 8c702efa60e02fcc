"""Waiting for a first answer no longer than until a given moment.

The time limit of a socket begins when the name of the server has been found, and looking that up can take most of a
minute where there is no network. So the whole opening runs beside the wait for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NoAnswer(OSError):
    """Nobody has answered in time."""


def answered(work: Callable[[], T], end: float | None) -> T:
    """What `work` gives, or the error that it raises.

    Args:
        work: opens a connection; one that answers too late is closed and forgotten.
        end: moment of `time.monotonic` until which it is waited for; None waits as long as it takes.

    Raises:
        NoAnswer: it was not done by then.
    """
    if end is None:
        return work()
    found: list[T] = []
    failed: list[BaseException] = []
    late = threading.Event()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            failed.append(error)
            return
        found.append(result)
        if late.is_set() and hasattr(result, "close"):
            result.close()

    thread = threading.Thread(target=run, name="unweave-reaching", daemon=True)
    thread.start()
    thread.join(max(0.0, end - time.monotonic()))
    if failed:
        raise failed[0]
    if not found:
        late.set()
        raise NoAnswer("no answer")
    return found[0]

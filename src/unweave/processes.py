"""Work shared out among processes, with the results in the order of the work."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from unweave.errors import UnweaveError

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R],
    items: Iterable[T],
    workers: int,
    ahead: int,
    died: str,
    begin: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[R]:
    """What `work` gives for each item, in their order.

    Args:
        work: a function at the top of a module, as other processes must find it.
        items: read as they are needed.
        workers: processes.
        ahead: items for each process that are worked on before their turn.
        died: what is said if a process dies.
        begin: called once in each process, with `arguments`.
        arguments: for it.

    Raises:
        UnweaveError: a process died, with the sentence `died`; or what `work` raises.
    """
    # Started afresh: a fork would copy the locks of whatever threads run here.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(begin, arguments))
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UnweaveError(died) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    helper()
    if begin is not None:
        begin(*arguments)


def helper(number: int = 0) -> None:
    """Called first in a process that helps another one: what ends that one ends this one, and nothing else does.

    Args:
        number: which helper it is; for those who call it with one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which ends these
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: multiprocessing.process.BaseProcess) -> None:
    """A main process that was killed cannot end its helpers; they would wait for ever."""
    parent.join()
    os._exit(1)

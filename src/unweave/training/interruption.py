"""Ctrl-C and SIGTERM while a step runs: the step is finished, the run is saved, then it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from unweave.training.rescue import PATIENCE

SIGNALS = {signal.SIGINT, signal.SIGTERM}
STATUS = 130  # of a process that was asked to stop


def leave() -> None:
    """End the process at once: a step in the middle of a library's work cannot be asked to stop."""
    shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""  # a live display hides the cursor
    print(
        f"{shown}unweave: stopped; what was learnt is kept, and the same command goes on.", file=sys.stderr, flush=True
    )
    os._exit(STATUS)


class Interruption:
    """While entered, the first SIGINT or SIGTERM is only noted; a second Ctrl-C acts at once.

    A step that is not done some seconds after the first signal is not waited for: `rescue` is called from a thread of
    its own. Python's own handlers only run between two calls of a library, and one of torch's can take minutes; so the
    thread is told by the signal itself, through a pair of sockets. Outside of the main thread nothing is changed, since
    Python takes signals there alone.

    Args:
        patience: s.
        end: what `rescue` is to call when it has saved the run.

    Attributes:
        wanted: whether there was a signal.
        rescue: saves the run beside its step and calls what it is given, or does nothing.
    """

    def __init__(self, patience: float = PATIENCE, end: Callable[[], None] = leave) -> None:
        self.wanted = False
        self.rescue: Callable[[Callable[[], None]], None] = lambda end: None
        self._patience, self._end = patience, end
        self._before: dict[int, Any] = {}
        self._over = threading.Event()
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._fd_before = -1

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._pair = socket.socketpair()
            self._pair[1].setblocking(False)
            self._fd_before = signal.set_wakeup_fd(self._pair[1].fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._watch, args=(self._pair[0],), name="unweave-rescue", daemon=True).start()
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wanted and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.wanted = True

    def _watch(self, ears: socket.socket) -> None:
        with ears:
            while not SIGNALS & set(ears.recv(1)):
                if self._over.is_set():
                    return
        pause = self._patience
        while not self._over.wait(pause):
            self.wanted = True  # the handler may not have had its turn yet
            self.rescue(self._end)
            pause = 0.2  # it was between two steps, or changing its weights

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        if self._pair is not None:
            signal.set_wakeup_fd(self._fd_before)
            with contextlib.suppress(OSError):
                self._pair[1].send(b"\0")  # so that the watch ends
            self._pair[1].close()
            self._pair = None

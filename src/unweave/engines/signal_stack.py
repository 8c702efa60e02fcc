"""The memory that signal handlers of a thread run in, kept while a library puts its own in its place.

OpenVINO does so whenever it compiles or loads a network, and gives that memory back with the network. The next signal,
Ctrl-C or the end of a child process, would then end the process without a word.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class SignalStack(ctypes.Structure):
    """`stack_t` of Linux: where it begins, SS_DISABLE (2) if there is none, and its bytes."""

    _fields_ = (("begin", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def signal_stack() -> SignalStack:
    """That of this thread; Linux only."""
    found = SignalStack()
    ctypes.CDLL(None).sigaltstack(None, ctypes.byref(found))
    return found


@contextmanager
def kept_signal_stack() -> Iterator[None]:
    """What stands here for this thread stands here afterwards; nothing is done on other systems than Linux."""
    if sys.platform != "linux":
        yield
        return
    before = signal_stack()
    try:
        yield
    finally:
        ctypes.CDLL(None).sigaltstack(ctypes.byref(before), None)

"""The program around us: its settings change nothing here, nothing here changes them, and it may fork."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

from unweave.errors import UnweaveError

Method = TypeVar("Method", bound=Callable[..., Any])


class Process:
    """The process that something was made in; a fork of it has the same memory and none of its threads."""

    def __init__(self) -> None:
        self._number = os.getpid()

    def has_forked(self) -> bool:
        """Whether this is another process than before; the next question is answered with no."""
        before, self._number = self._number, os.getpid()
        return before != self._number


_torch: list[Process] = []  # at most one: in which torch may have started its threads


def starts_threads() -> None:
    """Say that from now on torch may have threads in this process."""
    if not _torch:
        _torch.append(Process())


def undisturbed(method: Method) -> Method:
    """A method that works the same in every program, after a fork too.

    - A program that says `np.seterr(all="raise")` wants to hear of its own arithmetic; that a square of nearly nothing
      is nothing is meant here.
    - The threads of torch stay behind when a process forks, and whoever waits for them waits for ever. Torch goes on
      with one thread then.

    Raises:
        UnweaveError: a CUDA device, which no fork can use.
    """

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        import numpy as np

        if _torch and _torch[0].has_forked():
            _alone()
        _check_device(self)
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            return method(self, *args, **kwargs)

    return cast(Method, run)


def keep_for_good(thing: object) -> None:
    """Let a thing live until its process is gone, at the end of the interpreter too."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _alone() -> None:
    import torch

    torch.set_num_threads(1)


def _check_device(owner: Any) -> None:
    if getattr(getattr(owner, "device", None), "type", None) == "cuda":
        import torch

        if torch.cuda._is_in_bad_fork():
            raise UnweaveError(
                "CUDA cannot be used in a forked process. Start processes by spawn "
                "(multiprocessing.set_start_method('spawn')), or load the model in each of them."
            )

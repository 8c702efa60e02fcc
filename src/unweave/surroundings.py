"""The settings of the program around us: they change nothing here, and nothing here changes them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def undisturbed(function: Callable[P, R]) -> Callable[P, R]:
    """A function that works under NumPy's own handling of rounding to zero and the like, whatever its caller chose.

    A program that says `np.seterr(all="raise")` wants to hear of its own arithmetic; that a square of nearly nothing is
    nothing is meant here.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        import numpy as np

        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            return function(*args, **kwargs)

    return run

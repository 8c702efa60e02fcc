"""Keeping memory that was used once, since asking the system for it again costs as much as the work done in it.

The feature maps of a network on a CPU are large, and the C library hands each of them back to the system when it is
freed: the next one of the same size is made of pages that the system must first clear. A step of training ResUNet30
spent half of its time there. With glibc two settings keep what was freed; elsewhere nothing is changed. Large work that
is done once gives its memory back.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Callable

VARIABLE = "UNWEAVE_KEEP_MEMORY"
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, for its next use of it; whether that could be set.

    The process then holds as much as it needed at its peak until it ends. UNWEAVE_KEEP_MEMORY=0 leaves the allocator
    as it is.
    """
    if not sys.platform.startswith("linux") or os.environ.get(VARIABLE) == "0":
        return False
    mallopt = _of_glibc("mallopt")
    return mallopt is not None and bool(mallopt(_MMAP_MAX, 0) == 1 and mallopt(_TRIM_THRESHOLD, -1) == 1)


def release_memory() -> None:
    """Give memory that was freed back to the system, after work that needed much and will not come again."""
    gc.collect()
    if sys.platform.startswith("linux") and (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library; None in another one, which has none of that name."""
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return function

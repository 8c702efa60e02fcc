"""What all tests share: bytecode is kept, and files with a few long tests come first, or one core would wait."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LONG = ["training/test_run.py", "inference/test_memory.py", "engines", "robustness/test_other_programs.py", "training"]

# Tests start many processes; where no bytecode is kept, each of them compiles all of the package first, and each run
# of the tests rewrites all of their asserts.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.disable()  # while all is imported and collected, which stays


def pytest_collection_finish() -> None:
    """From here on garbage is looked for again, and never among a million objects that stay until the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


def no_forks() -> None:
    """A copy of this process has the locks of all threads that other tests left here, and may wait for one for ever."""
    raise RuntimeError("A test forks the process of all tests; let it run a script of its own, or spawn.")


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(before=no_forks)  # what it raises is a warning to pytest, which fails the test


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    names = ["e2e", *LONG]
    ranks = {path: len(names) for path in {item.path for item in items}}
    for path in ranks:
        if path.is_relative_to(ROOT):
            inside = path.relative_to(ROOT)
            ranks[path] = min(
                (rank for rank, name in enumerate(names) if inside.is_relative_to(name)), default=len(names)
            )
    items.sort(key=lambda item: ranks[item.path])  # stable: within a file as before

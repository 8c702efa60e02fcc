"""The order of the files: those with a few long tests first, or one core would wait for the other at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LONG = ["training/test_run.py", "inference/test_memory.py", "engines", "robustness/test_other_programs.py", "training"]


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

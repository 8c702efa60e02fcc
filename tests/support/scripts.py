"""The scripts of benchmarks/ in this process: a process of their own costs seconds before its first line."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

import torch

FOLDER = Path(__file__).parents[2] / "benchmarks"


@contextmanager
def script(name: str) -> Iterator[ModuleType]:
    """One of them, imported from scratch. Some of their modules are called as ours are: both have `recordings`."""
    names = {path.stem for path in FOLDER.glob("*.py")}
    kept = {one: sys.modules.pop(one) for one in names if one in sys.modules}
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))
        for one in names:
            sys.modules.pop(one, None)
        sys.modules.update(kept)


def run(name: str, *words: object) -> str:
    """What the script's `main` prints, called with these words."""
    before, threads, said = sys.argv, torch.get_num_threads(), io.StringIO()
    sys.argv = [f"benchmarks/{name}.py", *map(str, words)]
    try:
        with script(name) as module, redirect_stdout(said):
            module.main()
    finally:
        sys.argv = before
        torch.set_num_threads(threads)
    return said.getvalue()

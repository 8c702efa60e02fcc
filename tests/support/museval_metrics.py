"""The file of museval that computes; `import museval` itself wants ffmpeg, which nothing here needs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def museval_metrics() -> ModuleType:
    """The module museval.metrics."""
    package = importlib.util.find_spec("museval")
    path = Path(package.submodule_search_locations[0], "metrics.py")
    spec = importlib.util.spec_from_file_location("museval_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""Libraries that would tell their makers of their use over the network are brought in so that they do not.

OpenVINO sends an event when it is imported, from a fork of the process and with an identity that it keeps in the user's
home; NNCF when it is called; Ray once an hour; ONNX Runtime on Windows. Each can be told not to, in a way of its own.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import ModuleType

_ONE_AT_A_TIME = RLock()
_SENDERS = {"openvino": "openvino_telemetry", "nncf": "openvino_telemetry"}
_VARIABLES = {"nncf": ("NNCF_CI", "1"), "ray": ("RAY_USAGE_STATS_ENABLED", "0")}


def untold(name: str) -> ModuleType:
    """Import a library by its name, or give it if it is there already.

    For OpenVINO and NNCF this holds if they were not imported before, by others.

    Raises:
        ImportError: it is not installed.
    """
    if (variable := _VARIABLES.get(name)) is not None:
        os.environ.setdefault(*variable)
    with _ONE_AT_A_TIME, _missing(None if name in sys.modules else _SENDERS.get(name)):
        module = importlib.import_module(name)
    if name == "onnxruntime":
        module.disable_telemetry_events()
    return module


@contextmanager
def _missing(sender: str | None) -> Iterator[None]:
    """For as long as it lasts a module cannot be imported: who sends with it does without."""
    if sender is None:
        yield
        return
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == sender}
    for name in before:
        del sys.modules[name]
    sys.modules[sender] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[sender]
        sys.modules.update(before)

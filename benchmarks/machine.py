"""What a measurement was made on: the processor, the source, how busy the machine was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

from made_older import is_older


def machine(device: str = "cpu") -> str:
    """What this runs on."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    older = ", made older" if is_older() else ""
    return f"{name}, {os.cpu_count()} logical cores{older}"


def has_bfloat16() -> bool:
    """Whether the processor multiplies numbers of 16 bits; False where the system does not say."""
    if is_older():
        return False
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "amx_bf16" in text or "avx512_bf16" in text


def name_of(data: dict[str, Any]) -> str:
    """Of the files of results: date and machine; a table of the model in the box alone stands beside that of all."""
    own = " in the box" if data.get("plan") == "box" else ""
    return f"{data['date']}-{re.sub(r'[^a-z0-9]+', '-', (data['machine'] + own).lower()).strip('-')}"


def commit() -> str:
    """Of the source, with a + if files have changed since."""
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return importlib.metadata.version("unweave")


def load() -> float | None:
    """Processes that wanted to run in the last minute, on average; None where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None

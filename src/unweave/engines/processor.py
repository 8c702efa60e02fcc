"""What the processor is good at, as far as a way of convolving depends on it."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

import torch

VENDOR = "AuthenticAMD"


def multiplies_fast() -> bool:
    """Whether it multiplies so fast that strips (`unweave.engines.strips`), which save multiplications, are no quicker.

    Intel's with AVX-512 do. AMD's had it in two halves when this was measured (Zen 4, `benchmarks/tried.yaml`).
    """
    return torch.backends.cpu.get_cpu_capability() == "AVX512" and not _is_amd()


@cache
def _is_amd() -> bool:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return VENDOR in file.read(1000)
    except OSError:  # another system
        return VENDOR in platform.processor()

"""This processor as one without AVX-512, AMX and AVX-VNNI: `older_processor.c` answers CPUID for it.

Where nobody may answer CPUID (AMD's processors in most clouds), PyTorch alone can still be told to leave them alone, by
switches of its own and of its libraries; other engines cannot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parent / "older_processor.c"
SWITCHES = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


def is_older() -> bool:
    """Whether this process was made to see an older one."""
    return "older" in os.environ.get("LD_PRELOAD", "") or by_switches()


def by_switches() -> bool:
    """Whether it was told to PyTorch alone."""
    return all(os.environ.get(name) == value for name, value in SWITCHES.items())


def again_as_older(pytorch_alone: bool = False) -> int:
    """Run this script with what makes the processor older; its status.

    Args:
        pytorch_alone: whether switches will do where CPUID cannot be answered.
    """
    if pytorch_alone and "cpuid_fault" not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        return subprocess.run([sys.executable, *sys.argv], env={**os.environ, **SWITCHES}).returncode
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "older.so"
        if subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]).returncode:
            sys.exit("A C compiler for x86-64 Linux is needed.")
        return subprocess.run([sys.executable, *sys.argv], env={**os.environ, "LD_PRELOAD": str(library)}).returncode

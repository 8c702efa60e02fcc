"""This processor as one without AVX-512, AMX and AVX-VNNI: `older_processor.c` answers CPUID for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parent / "older_processor.c"


def is_older() -> bool:
    """Whether this process was made to see an older one."""
    return "older" in os.environ.get("LD_PRELOAD", "")


def again_as_older() -> int:
    """Run this script with what makes the processor older; its status."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "older.so"
        if subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]).returncode:
            sys.exit("A C compiler for x86-64 Linux is needed.")
        return subprocess.run([sys.executable, *sys.argv], env={**os.environ, "LD_PRELOAD": str(library)}).returncode

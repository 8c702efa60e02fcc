"""Memory that is freed stays with the process where the C library lets it."""

import subprocess
import sys

import pytest

from unweave.allocator import keep_memory

MEASURE = """
import resource, sys
import numpy as np
from unweave.allocator import keep_memory
print(keep_memory())
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(8_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print([faults() for _ in range(4)][-1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has these settings")
def test_the_second_use_of_memory_costs_no_page_faults(monkeypatch):
    def run() -> tuple[str, int]:
        out = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True).stdout
        kept, faults = out.split()
        return kept, int(faults)

    kept, few = run()
    monkeypatch.setenv("UNWEAVE_KEEP_MEMORY", "0")
    left, many = run()
    assert (kept, left) == ("True", "False")
    assert few < 20 < 100 < many


def test_it_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("UNWEAVE_KEEP_MEMORY", "0")
    assert keep_memory() is False


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() is False


RELEASE = """
import ctypes, sys
from unweave.allocator import keep_memory, release_memory
def resident():
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmRSS"))
keep_memory()
pieces = [bytearray(b"x") * 1_000_000 for _ in range(200)]
del pieces
before = resident()
release_memory()
print(before - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc gives memory back")
def test_what_was_freed_can_be_given_back_even_where_it_is_kept():
    out = subprocess.run([sys.executable, "-c", RELEASE], capture_output=True, text=True, check=True).stdout
    assert int(out) > 150  # of 200 MB

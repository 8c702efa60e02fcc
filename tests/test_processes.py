"""Processes that help another one end with it, whatever they were at."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Its batches fill the pipe between the two, as nobody takes the second: a helper that is to end hands over first.
KILLED = """
import os, signal, time
from clips import MadeUpStore
from unweave.data.loader import ClipLoader
from unweave.data.sampler import BalancedSampler

class Wordy(MadeUpStore):
    def name(self, row):
        return "a" * 200_000

if __name__ == "__main__":
    next(ClipLoader(Wordy([2000] * 4), BalancedSampler({0: [0, 1], 1: [2, 3]}, 3, 4), 2.0, 0, 1))
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes end otherwise there")
def test_no_reader_outlives_a_process_that_was_killed(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    path = os.pathsep.join(filter(None, sys.path))
    # What is left keeps the pipe open that is read here, and this waits for its end.
    done = subprocess.run([sys.executable, script], capture_output=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == -9, done.stderr

"""Memory does not grow with the recording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny import RATE, tones

MEASURE = """
import resource, sys
from tiny import tiny_model
tiny_model().separate_file(sys.argv[1], "out", level=[1, 2, 3])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak to ask for")
def test_a_longer_recording_needs_no_more_memory(tmp_path: Path) -> None:
    """Six minutes of two channels are 23 MB; were one track of them held whole, it would show."""
    minute = tones(60, spans={0: (0, 60), 1: (5, 50), 3: (20, 40)}) * np.array([[1], [0.5]])
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    peaks = []
    for minutes in (1, 6):
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", RATE, 2) as file:
            for _ in range(minutes):
                file.write(minute.T)
        words = [sys.executable, "-c", MEASURE, path]
        done = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
        peaks.append(float(done.stdout))
    assert peaks[1] - peaks[0] < 10

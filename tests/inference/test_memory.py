"""Memory does not grow with the recording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import RATE, tones

from unweave.conditions import conditions
from unweave.engines.processor import multiplies_fast
from unweave.model import Model
from unweave.separators import separators
from unweave.taggers import taggers

# What a process had at most. `ru_maxrss` would count what the process of all tests held when it started this one.
HELD = """
import re, sys
from pathlib import Path
def held():
    if sys.platform == "linux":
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1e3
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
"""
MEASURE = """
from tiny import tiny_model
for recording in sys.argv[1:]:
    tiny_model().separate_file(recording, "out", level=[1, 2, 3])
    print(held())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak to ask for")
def test_a_longer_recording_needs_no_more_memory(tmp_path: Path) -> None:
    """Four minutes of two channels are 15 MB; were one track of them held whole, it would show.

    A minute is more than what is kept of a short recording, so that all that is ever held is held by then.
    """
    half = tones(30, spans={0: (0, 30), 1: (3, 25), 3: (10, 20)}) * np.array([[1], [0.5]])
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    paths = [tmp_path / f"{halves}.wav" for halves in (2, 8)]  # of a minute
    for path in paths:
        with soundfile.SoundFile(path, "w", RATE, 2) as file:
            for _ in range(int(path.stem)):
                file.write(half.T)
    words = [sys.executable, "-c", HELD + MEASURE, *paths]
    done = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    peaks = [float(line) for line in done.stdout.splitlines()]
    assert len(peaks) == 2 and peaks[1] - peaks[0] < 10


PEAK = """
import runpy
from unweave.engines import runner
runner.SAVED = 20.0  # so that a few seconds of sound are enough: the first segments as it is, then compiled
try:
    runpy.run_module("unweave", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
print(held())
"""


def write_full_size(folder: Path) -> None:
    """A model of random weights, in this process: one of its own would first import torch."""
    spec = {
        "tagger": {"name": "panns-cnn14", "arguments": {}},
        "condition": {"name": "soft", "arguments": {"dim": 527}},
        "separator": {"name": "resunet30", "arguments": {"condition_dim": 527}},
    }
    registries = {"tagger": taggers, "condition": conditions, "separator": separators}
    torch.manual_seed(0)
    parts = [registry.build(spec[role]["name"], **spec[role]["arguments"]) for role, registry in registries.items()]
    Model(*parts, spec=spec).save(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak to ask for")
def test_published_networks_need_at_most_two_and_a_half_gigabytes(tmp_path: Path) -> None:
    """Compiled while it separates, where that is quicker, and loaded from the cache the next time."""
    variables = {**os.environ, "UNWEAVE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "2"}
    write_full_size(tmp_path / "model")
    peaks = []
    for seconds in (9, 6):
        sound = 0.1 * np.random.default_rng(0).standard_normal(seconds * 32000)
        soundfile.write(tmp_path / "sound.wav", sound, 32000)
        words = ["separate", tmp_path / "sound.wav", "-o", tmp_path / "out", "--overwrite", "--quiet", "--class=Speech"]
        command = [sys.executable, "-c", HELD + PEAK, *words, "--model", tmp_path / "model"]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        peaks.append(float(done.stdout.split()[-1]))
    compiled = [path.stat().st_size > 1e8 for path in (tmp_path / "cache").rglob("*.bin")]
    assert compiled == [True] * multiplies_fast()  # where it does not, nothing that is compiled is quicker
    assert max(peaks) < 2500, peaks
    assert min(peaks) > 1000, f"{peaks}: these are not networks of the published size"

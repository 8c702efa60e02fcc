"""Processes that are measured: one that obeys orders line by line, and one that runs from its start to its end."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

TO_MB = 1e-6 if sys.platform == "darwin" else 1e-3  # ru_maxrss is in bytes there and in kB elsewhere
BETWEEN = """
import json, os, resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL)
seconds, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
used = {"status": status, "seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}
os.write(int(sys.argv[1]), json.dumps(used).encode())
"""  # whoever is started begins with the peak of who starts it, so that must be a small process


def environment(threads: int, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of this process, with as many threads as asked for."""
    number = str(threads)
    return {**os.environ, "OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, **(more or {})}


class Worker:
    """A script that answers every line of JSON with one, until its input ends.

    Args:
        python: that runs it.
        script: beside this file.
        variables: its environment.
    """

    def __init__(self, python: Path | str, script: str, variables: Mapping[str, str]) -> None:
        self.script = script
        self.process = subprocess.Popen(
            [python, "-W", "ignore", Path(__file__).with_name(script)],
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order: Any) -> dict[str, Any]:
        """Order and wait for the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            print(json.dumps(order), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            sys.exit(f"{self.script} failed; what it said stands above.")
        return cast(dict[str, Any], json.loads(line))

    def close(self) -> float:
        """End the process; its peak of resident memory, in MB."""
        peak = float(self.ask(peak=True)["peak_mb"])
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()
        return peak


def obey(answer: Any) -> None:
    """Be such a script: call `answer(order)` for every line and print what it gives."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what packages print is no answer
    for line in sys.stdin:
        order = json.loads(line)
        said = {"peak_mb": own_peak()} if order == {"peak": True} else answer(order)
        print(json.dumps(said), file=answers, flush=True)


def own_peak() -> float:
    """The most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * TO_MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * TO_MB


def run(words: Sequence[str | Path], variables: Mapping[str, str] | None = None, **started: Any) -> dict[str, float]:
    """A command from start to end: seconds by the clock, seconds of processor time, peak memory in MB.

    Args:
        words: program and arguments.
        variables: of its environment, or None for those of this process.
        started: what else `subprocess.Popen` shall know.
    """
    env = None if variables is None else dict(variables)
    told, tell = os.pipe()
    with open(told) as answer:
        command = [sys.executable, "-S", "-E", "-c", BETWEEN, str(tell), *words]
        process = subprocess.Popen(command, env=env, pass_fds=[tell], **started)
        os.close(tell)
        said = answer.read()
        process.wait()
    used = json.loads(said) if said else {"status": process.returncode}
    if used["status"]:
        sys.exit(f"{' '.join(map(str, words))} failed with {used['status']}.")
    return {"seconds": used["seconds"], "processor": used["processor"], "peak_mb": used["peak"] * TO_MB}

"""Processes that are measured: one that obeys orders line by line, and one that runs from its start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

TO_MB = 1e-6 if sys.platform == "darwin" else 1e-3  # ru_maxrss is in bytes there and in kB elsewhere


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
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss * TO_MB


def obey(answer: Any) -> None:
    """Be such a script: call `answer(order)` for every line and print what it gives."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what packages print is no answer
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


def run(words: Sequence[str | Path], variables: Mapping[str, str] | None = None, **started: Any) -> dict[str, float]:
    """A command from start to end: seconds by the clock, seconds of processor time, peak memory in MB.

    Args:
        words: program and arguments.
        variables: of its environment, or None for those of this process.
        started: what else `subprocess.Popen` shall know.
    """
    start = time.perf_counter()
    env = None if variables is None else dict(variables)
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, **started)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if process.returncode is None:
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, words))} failed with {process.returncode}.")
    return {"seconds": seconds, "processor": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss * TO_MB}

"""Who takes part in a comparison: the published package, and ours with each of its backends."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import Worker, environment, run
from published_env import PUBLISHED, variables

PUBLISHED_SIDE = PUBLISHED.replace("==", " ")


@dataclass
class Side:
    """One of them.

    Attributes:
        name: in the tables.
        models: weights by the name of the model in `cases`; one that is missing does not take part there.
        python: of the published package's environment, or None for ours.
        backend: of ours, or None where there is no choice.
        cut: ours, cutting as the published code does.
        device: "cpu" or "cuda".
        precision: of ours, or None for its own.
        cache: folder of our compiled networks, or None for that of the user.
        usual: whether it takes part everywhere, or only in cases with `every`.
    """

    name: str
    models: dict[str, str | None] = field(default_factory=dict)
    python: Path | None = None
    backend: str | None = None
    cut: bool = False
    device: str = "cpu"
    precision: str | None = None
    cache: Path | None = None
    usual: bool = True

    def worker(self, model: str, threads: int) -> Worker:
        """A process with the model loaded."""
        if self.python is not None:
            worker = Worker(self.python, "bench_published.py", variables(self.python, threads))
        else:
            worker = Worker(sys.executable, "bench_ours.py", self._environment(threads))
        order = {"model": self.models[model], "threads": threads, "device": self.device}
        worker.ask(do="start", **order, backend=self.backend, published=self.cut, precision=self.precision)
        return worker

    def once(self, model: str, audio: Path, out: Path, ask: dict[str, Any], threads: int) -> dict[str, float]:
        """The same in a process of its own, from its start to its end."""
        weights = self.models[model]
        if self.python is not None:
            script = Path(__file__).with_name("bench_published.py")
            (index,) = ask["classes"]
            words = [self.python, "-W", "ignore", script, Path(str(weights)).parent, audio, out, str(index)]
            return run(words, variables(self.python, threads))
        words = [sys.executable, "-m", "unweave", "separate", audio, "-o", out, "--overwrite", "--quiet"]
        words += [f"--level={level}" for level in ask.get("levels", ())]
        words += [f"--class={index}" for index in ask.get("classes", ())]
        options = {"model": weights, "backend": self.backend, "device": self.device, "precision": self.precision}
        words += [f"--{name}={value}" for name, value in options.items() if value is not None]
        return run([*words, *(["--published"] if self.cut else [])], self._environment(threads))

    def _environment(self, threads: int) -> dict[str, str]:
        return environment(threads, {"UNWEAVE_CACHE": str(self.cache)} if self.cache else None)


def backends() -> list[str | None]:
    """What `unweave separate --backend` offers here, its own choice first; [None] if it offers none."""
    words = [sys.executable, "-m", "unweave", "separate", "--help"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(r"--backend\s+([\w|-]+)", text)
    names: list[str | None] = [*found[1].split("|")] if found else []
    return names or [None]


def quantized(model: Path | None, folder: Path) -> Path | None:
    """The int8 version of a model, if this version of Unweave can make one."""
    help_text = subprocess.run([sys.executable, "-m", "unweave", "models", "--help"], capture_output=True, text=True)
    if "quantize" not in help_text.stdout:
        return None
    words = [sys.executable, "-m", "unweave", "models", "quantize", str(model or "small"), "-o", str(folder)]
    words += ["--pairs", "6", "-q"]  # of random weights nothing is learnt by hearing more; speed does not depend on it
    return folder if subprocess.run(words, stdout=sys.stderr).returncode == 0 else None

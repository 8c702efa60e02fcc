"""What makes a figure checkable later: which weights, which data, which source, which machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from pathlib import Path

import torch

from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Piece, Scene, to_plain
from unweave.model import Model

LETTERS = 16


def model_fingerprint(model: Model) -> str:
    """The same for the same parts, weights and settings, whatever the model is called and wherever it lies."""
    total = hashlib.sha256()
    settings = {key: value for key, value in model.settings.to_plain().items() if key != "name"}
    total.update(json.dumps([settings, model.spec], sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        total.update(name.encode())
        total.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()[:LETTERS]


def data_fingerprint(benchmark: Benchmark) -> str:
    """The same for the same items of files of the same names and sizes, mixed in the same way."""
    total = hashlib.sha256(
        json.dumps([benchmark.sample_rate, benchmark.mono, benchmark.seconds, benchmark.lowpass]).encode()
    )
    paths: set[str] = set()
    for item in benchmark.items:
        total.update(json.dumps(to_plain(item), sort_keys=True).encode())
        paths |= {piece.path for piece in _pieces(item)}
    for path in sorted(paths):
        file = benchmark.root / path
        total.update(f"{path} {file.stat().st_size if file.is_file() else -1}\n".encode())
    return total.hexdigest()[:LETTERS]


def source_commit() -> str | None:
    """Commit of the source, with a + if files have changed since; None where the package does not lie in a clone."""
    folder = Path(__file__).resolve().parents[3]
    if not (folder / ".git").exists():
        return None
    git = ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def machine(device: torch.device) -> str:
    """What the figures, and above all the times, are of."""
    where = f"{torch.cuda.get_device_name(device)}, " if device.type == "cuda" else ""
    return f"{where}{processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, torch {torch.__version__}"


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _pieces(item: Item | Scene) -> list[Piece]:
    if isinstance(item, Scene):
        return [event.piece for event in item.events]
    return [*item.target, *item.others, *((item.mixture,) if item.mixture else ())]

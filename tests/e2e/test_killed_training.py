"""A whole run, from sounds to model, that is killed again and again ends as one that never was."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from layouts import write_layout

from unweave.training import method, separation
from unweave.training.observer import Quiet
from unweave.training.reading import read_recipe
from unweave.training.run import run
from unweave.training.validation import HeldOutPairs

MODEL = ("tagger.safetensors", "separator.safetensors", "separator-2.safetensors", "model/model.safetensors")
MOMENTS = (5, 17, 4, 11, 2, 6, 9, 1, 10, 5, 40)  # of each attempt: how much it tells before it dies
WAITS = 1500  # s; an attempt takes 2 of them on an idle core


def write_recipe(folder: Path) -> Path:
    """A tagger from tags, a stretch of the paper's method with all that is drawn in it, and one for few clips."""
    loop = {"learning_rate": 1e-2, "warmup": 1, "save_every": 2, "evaluate_every": 3, "log_every": 1, "device": "cpu"}
    augment = {"polarity": {}, "gain": {}, "shift": {"seconds": 0.1}, "band-limit": {"probability": 0.5}}
    mixing = {"check": True, "threshold": 0.9, "targets": 1}
    recipe = {
        "name": "killed",
        "folder": "none",
        "data": {
            "store": "none",
            "dataset": "folder",
            "root": str(write_layout("folder", folder / "sounds", 2, 0.6, 32000)),
            "options": {"valid_one_in": 4},
            "clip_seconds": 0.5,
        },
        "tagger": {
            "part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}},
            "learn": {"how": "tags", "batch": 3, "seconds": 0.5, "loop": {**loop, "steps": 5}},
        },
        "condition": {"name": "soft", "arguments": {"normalise": True}},
        "separator": {
            "part": {"name": "small", "arguments": {"widths": [4, 4, 4], "hidden": 8}},
            "learn": [
                {"how": "paper", "batch": 3, "mining": {"seconds": 0.5}, "mixing": mixing, "augment": augment,
                 "loop": {**loop, "steps": 7}},
                {"how": "few clips", "batch": 2, "seconds": 0.5, "loop": {**loop, "steps": 5, "optimiser": "muon"}},
            ],
        },
    }  # fmt: skip
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


class Mortal(Quiet):
    """Counts what it is told (clips prepared and listened to, steps, measurements, checkpoints); dies at `last`."""

    def __init__(self, last: int | None = None) -> None:
        self.left = last

    def told(self, *_: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    begin = __call__ = told

    def counter(self, what: str) -> Callable[[int, int], None]:
        return self.told


def child(recipe: Path, folder: Path, workers: int = 0, last: int | None = None) -> int:
    """Run the recipe in a process that is a copy of this one, so that nothing is imported again."""
    pid = os.fork()
    if pid == 0:
        faulthandler.dump_traceback_later(WAITS, exit=True)  # what waits for ever says for what
        try:
            changes = [f"folder={folder}", f"data.store={folder / 'store'}", f"data.workers={workers}"]
            run(read_recipe(recipe, changes), Mortal(last))
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return pid


def killed(pid: int) -> bool:
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def kill_and_go_on(folder: Path) -> None:
    import torch

    for name in ("lightning_fabric", "torch._dynamo", "torch.utils.tensorboard", "h5py"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)  # once here instead of in every copy
    torch.set_num_threads(1)
    for module in (method, separation):  # measured in all of them alike
        module.HeldOutPairs = functools.partial(HeldOutPairs, most=2)
    recipe = write_recipe(folder)
    started = time.perf_counter()
    assert not killed(child(recipe, folder / "whole"))
    seconds = time.perf_counter() - started
    died = [killed(child(recipe, folder / "told", last=last)) for last in MOMENTS]
    assert not killed(child(recipe, folder / "told"))
    chance = random.Random(3)
    for _ in range(4):
        pid = child(recipe, folder / "timed")
        time.sleep(chance.uniform(0.05, 0.8) * seconds)
        os.kill(pid, signal.SIGKILL)
        killed(pid)
    assert not killed(child(recipe, folder / "timed", workers=1))
    print(json.dumps(died))


def test_a_run_killed_at_any_moment_ends_with_the_same_model_byte_for_byte(tmp_path):
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), *filter(None, sys.path)])
    with (tmp_path / "said").open("w") as said, (tmp_path / "errors").open("w") as errors:
        words = [sys.executable, __file__, tmp_path]
        done = subprocess.run(words, stdout=said, stderr=errors, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, (tmp_path / "errors").read_text()
    died = json.loads((tmp_path / "said").read_text().splitlines()[-1])
    assert died.count(True) >= 9
    for other in ("told", "timed"):
        for name in MODEL:
            assert (tmp_path / other / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), (other, name)
        logs = [(tmp_path / run / "separator" / "log.jsonl").read_text().splitlines() for run in ("whole", other)]
        steps = [[json.loads(line)["step"] for line in lines] for lines in logs]
        assert steps[0] == steps[1]
        assert not [path for path in (tmp_path / other).rglob("*.part") if path.is_file()]


if __name__ == "__main__":
    kill_and_go_on(Path(sys.argv[1]))

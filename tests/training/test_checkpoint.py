"""Checkpoints survive everything: full disks, damaged files, and death in the middle of writing one."""

import contextlib
import importlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.training import checkpoint
from unweave.training.checkpoint import KEYS, average_weights, load_checkpoint, save_checkpoint
from unweave.training.loop import LoopSettings, fit

STATE = {**dict.fromkeys(KEYS, 0), "net": {"weight": torch.arange(50_000.0)}}


def test_what_was_saved_is_loaded(tmp_path):
    state = {**STATE, "average": {"net": {"weight": torch.ones(2)}}, "random": [(3, (1 << 100, None)), {"a": [1.5]}]}
    save_checkpoint(tmp_path / "last.ckpt", state)
    loaded = load_checkpoint(tmp_path / "last.ckpt")
    assert torch.equal(loaded["net"]["weight"], state["net"]["weight"]) and loaded["random"] == state["random"]
    assert torch.equal(average_weights(tmp_path / "last.ckpt")["weight"], torch.ones(2))
    assert os.listdir(tmp_path) == ["last.ckpt"]


def test_a_full_disk_is_said_and_leaves_the_old_checkpoint(tmp_path):
    path = tmp_path / "last.ckpt"
    save_checkpoint(path, {**STATE, "step": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # no file may grow larger than half of it
    try:
        with pytest.raises(UnweaveError, match=r"last.ckpt cannot be written: .*Make room"):
            save_checkpoint(path, {**STATE, "step": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load_checkpoint(path)["step"] == 1
    assert os.listdir(tmp_path) == ["last.ckpt"]


def broken_text(path: Path) -> None:
    path.write_text("hello")


def broken_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def broken_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def other_data(path: Path) -> None:
    torch.save({"step": 3}, path)


def with_code(path: Path) -> None:
    torch.save({**STATE, "step": Path("/")}, path)  # an object of a class: reading it would run that class' code


@pytest.mark.parametrize("damage", [broken_text, broken_half, broken_byte, other_data, with_code])
@pytest.mark.parametrize(("name", "other"), [("last.ckpt", "best.ckpt"), ("best.ckpt", "last.ckpt")])
def test_a_file_that_is_no_checkpoint_is_said_and_the_other_one_named(tmp_path, damage, name, other):
    path = tmp_path / name
    save_checkpoint(path, STATE)
    damage(path)
    with pytest.raises(UnweaveError, match=f"{name} is broken, or no checkpoint .* to begin anew"):
        load_checkpoint(path)
    save_checkpoint(tmp_path / other, STATE)
    with pytest.raises(UnweaveError, match=f"To go on from {other}"):
        load_checkpoint(path)


# What follows is run in a process of its own by the test below it.

STEPS = 30


class Tiny:
    """A net with every kind of state that a run has: dropout, batch normalisation, a generator of its own."""

    def __init__(self):
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5))
        self.generator = torch.Generator().manual_seed(1)

    def draw(self):
        return torch.randn(8, 4, generator=self.generator)

    def loss(self, net, batch):
        return (net(batch) * (1 + 0.1 * random.random()) - batch).square().mean(), {}

    def names(self, batch):
        return ["made up"]

    def evaluate(self, net):
        return {"score": -net(torch.ones(1, 4)).square().sum().item()}

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])


def learn(folder: Path) -> None:
    random.seed(0)
    how = {"device": "cpu", "warmup": 3, "average": 0.9, "save_every": 2, "evaluate_every": 7, "log_every": 5}
    fit(Tiny(), LoopSettings(steps=STEPS, learning_rate=1e-2, **how), folder)


def child(work) -> int:
    """Run `work` in a process that is a copy of this one, so that nothing is imported again."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return pid


def killed(pid: int) -> bool:
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def die_within_a_write(folder: Path, moment: str, number: int) -> None:
    """Learn, and be killed at the `number`th checkpoint: half written, written, or just named."""
    save, sync, replace, count = torch.save, os.fsync, os.replace, 0

    def at(name):
        nonlocal count
        count += moment == name
        return moment == name and count == number

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def half(state, file):
        if at("half"):
            file.write(b"PK\x03\x04 and no more")
            file.flush()
            die()
        save(state, file)

    def named(part, path):
        if at("written"):
            die()
        replace(part, path)
        if at("named"):
            die()

    torch.save, checkpoint.os.replace, checkpoint.os.fsync = half, named, sync
    learn(folder)


def kill_and_go_on(folder: Path) -> None:
    for name in ("lightning_fabric", "torch._dynamo", "torch.utils.tensorboard"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)  # once here instead of in every copy
    torch.set_num_threads(1)
    chance = random.Random(5)
    started = time.perf_counter()
    assert not killed(child(lambda: learn(folder / "whole")))
    whole = time.perf_counter() - started
    deaths = 0
    for moment, number in [("half", 2), ("written", 3), ("named", 4)]:
        deaths += killed(child(lambda m=moment, n=number: die_within_a_write(folder / "parts", m, n)))
    print("within a write:", deaths)
    for _ in range(5):
        pid = child(lambda: learn(folder / "timed"))
        time.sleep(chance.uniform(0.1, 0.9) * whole)
        os.kill(pid, signal.SIGKILL)
        killed(pid)
    for name in ("parts", "timed"):
        assert not killed(child(lambda n=name: learn(folder / n)))


def test_a_run_killed_at_any_moment_ends_with_the_same_weights_bit_for_bit(tmp_path):
    done = subprocess.run([sys.executable, __file__, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "within a write: 3" in done.stdout
    whole = load_checkpoint(tmp_path / "whole" / "last.ckpt")
    assert whole["step"] == STEPS
    for name in ("parts", "timed"):
        for file in ("last.ckpt", "best.ckpt"):
            other, same = load_checkpoint(tmp_path / name / file), load_checkpoint(tmp_path / "whole" / file)
            assert other["step"] == same["step"] and other["best"] == same["best"]
            for part in ("net", "average"):
                one, two = other[part].get("net", other[part]), same[part].get("net", same[part])
                assert all(torch.equal(one[key], two[key]) for key in one)
            assert torch.equal(other["tasks"][0]["generator"], same["tasks"][0]["generator"])
            assert other["random"][0]["python"] == same["random"][0]["python"]
        assert sorted(os.listdir(tmp_path / name)) == sorted(os.listdir(tmp_path / "whole"))


if __name__ == "__main__":
    kill_and_go_on(Path(sys.argv[1]))

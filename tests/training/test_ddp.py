"""Several processes learn what one with the joint batch learns; also with batch normalisation."""

import json
import math
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from methods import method, planted

from unweave.errors import UnweaveError
from unweave.training.batchnorm import SynchronisedBatchNorm, synchronised
from unweave.training.checkpoint import load_checkpoint
from unweave.training.loop import LoopSettings, fit
from unweave.training.machine import leave, processes


class Joint:
    """Batches of 8 are drawn in all processes alike; each takes its part. Some parameters get no gradient."""

    def __init__(self, rank: int = 0, world: int = 1, broken: int | None = None, dropout: float = 0.0):
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(
            torch.nn.Conv1d(1, 3, 3, bias=False),  # what batch norm takes away again has a gradient of rounding errors
            torch.nn.BatchNorm1d(3),
            torch.nn.Tanh(),
            torch.nn.Flatten(),
            torch.nn.Linear(18, 4, bias=False),
            torch.nn.BatchNorm1d(4),
            torch.nn.Dropout(dropout),
        )
        self.net[0].unused = torch.nn.Parameter(torch.ones(2))
        self.generator = torch.Generator().manual_seed(1)
        self.rank, self.world, self.broken, self.drawn = rank, world, broken, 0

    def draw(self):
        self.drawn += 1
        joint = torch.randn(8, 1, 8, generator=self.generator)
        joint[:4] += 3.0  # the halves differ, so that statistics of their own would
        size = 8 // self.world
        return joint[self.rank * size : (self.rank + 1) * size]

    def loss(self, net, batch):
        wrong = self.broken == self.drawn and self.rank == self.world - 1
        return (net(batch) - batch[:, 0, :4]).square().mean() * (math.nan if wrong else 1.0), {"rank": float(self.rank)}

    def names(self, batch):
        return [f"clip of {self.rank}"]

    def evaluate(self, net):
        return {"score": -net(torch.ones(1, 1, 8)).square().sum().item()}

    def state_dict(self):
        return {"generator": self.generator.get_state(), "rank": self.rank}

    def load_state_dict(self, state):
        assert state["rank"] == self.rank
        self.generator.set_state(state["generator"])


def settings(**changes) -> LoopSettings:
    how = {"device": "cpu", "warmup": 0, "average": 0.5, "evaluate_every": 2, "save_every": 2, "log_every": 2}
    return LoopSettings(**{"steps": 4, "learning_rate": 1e-2, "clip": 0.0, **how, **changes})


# The paper's method with all that is drawn at random in it, on batches of six.
METHODS = {
    "detector": {
        "mode": "finetune",
        "check": True,
        "augment": {"gain": {}, "band-limit": {"probability": 1.0}, "shift": {"seconds": 0.1}, "polarity": {}},
    },
    "out-clip": {"miner": "out-clip", "energy": "random", "sources": 3, "targets": None},
    "in-clip": {"miner": "in-clip", "condition": "onehot", "energy": "none"},
    # Five clips of one class and one of another: anchors that find no partner are left out.
    "left out": {"check": True, "sampler": "random", "condition": "embedding"},
}


def method_step(name: str, folder: Path, rank: int = 0, world: int = 1) -> None:
    """One step of the paper's method, with a separator that has batch norms."""
    store = planted(train=(5, 1, 0) if name == "left out" else (3, 3, 3))
    made = method(store, batch=6 // world, net="resunet", rank=rank, world=world, **METHODS[name])
    # Channels last, torch's own batch norm adds up its gradients one by one in 32 bits: with one thread they are off by
    # some thousandths, which has nothing to do with the number of processes.
    made.net.to(memory_format=torch.contiguous_format)
    fit(made, settings(steps=1, log_every=1, optimiser="adam", weight_decay=0.0), folder)


def of_one_process(folder: Path, rank: int, world: int) -> None:
    """All that two processes are asked to do, in one go since they take long to start."""
    how = {"optimiser": "adam", "weight_decay": 0.0}
    fit(Joint(rank, world), settings(steps=1, **how), folder / "one step")
    fit(Joint(rank, world), settings(accumulate=2, **how), folder / "joint")
    dropped = {"dropout": 0.5}
    fit(Joint(rank, world, **dropped), settings(**how), folder / "whole")
    try:
        fit(Joint(rank, world, broken=4, **dropped), settings(**how), folder / "parts")
    except UnweaveError as error:
        (folder / f"said by {rank}").write_text(str(error))
    fit(Joint(rank, world, **dropped), settings(**how), folder / "parts")
    for name in METHODS:
        method_step(name, folder / name, rank, world)


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def two_processes(folder: Path) -> tuple[list[int], str]:
    """How both ended, and what they said; when one fails the other is not waited for."""
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), *filter(None, sys.path)])
    shared = {**os.environ, "PYTHONPATH": path, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    shared |= {"MASTER_PORT": free_port(), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, __file__, folder],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    while all(process.poll() is None for process in running):
        time.sleep(0.1)
    if any(process.poll() for process in running):
        time.sleep(1)
        for process in running:
            process.kill()
    said = "\n".join(process.communicate()[1] for process in running)
    return [process.returncode for process in running], said


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    for _ in range(3):  # somebody else may have taken the port meanwhile
        folder = tmp_path_factory.mktemp("two")
        ends, said = two_processes(folder)
        if "address already in use" not in said.lower():
            break
    assert ends == [0, 0], said
    return folder


def same_gradients(one: Path, two: Path) -> None:
    """Two runs of a step or more with Adam, whose mean after a step is a tenth of the gradient."""
    one, two = load_checkpoint(one / "last.ckpt"), load_checkpoint(two / "last.ckpt")
    first, second = one["optimiser"]["state"], two["optimiser"]["state"]
    assert one["net"].keys() == two["net"].keys() and first.keys() == second.keys()
    pairs = [(first[key]["exp_avg"], second[key]["exp_avg"]) for key in first]
    largest = max(float(a.abs().max()) for a, _ in pairs)
    assert largest > 1e-4
    for a, b in pairs:
        assert torch.allclose(a, b, rtol=1e-3, atol=1e-4 * largest)
    for key, value in one["net"].items():
        if "running" in key or "tracked" in key:
            assert torch.allclose(value.double(), two["net"][key].double(), rtol=1e-4, atol=1e-6), key


@pytest.mark.parametrize(("name", "changes"), [("one step", {"steps": 1}), ("joint", {"accumulate": 2})])
def test_two_processes_have_the_gradients_and_statistics_of_one_with_the_joint_batch(folder, tmp_path, name, changes):
    fit(Joint(), settings(optimiser="adam", weight_decay=0.0, **changes), tmp_path)
    same_gradients(tmp_path, folder / name)


@pytest.mark.parametrize("name", METHODS)
def test_two_processes_make_and_learn_the_mixtures_of_one_with_the_joint_batch(folder, tmp_path, name):
    method_step(name, tmp_path)
    same_gradients(tmp_path, folder / name)
    one, two = (
        json.loads((place / "log.jsonl").read_text().splitlines()[0])["loss"] for place in (tmp_path, folder / name)
    )
    assert one == pytest.approx(two, rel=1e-4)


def test_a_run_of_two_processes_goes_on_bit_for_bit(folder):
    whole, parts = (load_checkpoint(folder / name / "last.ckpt") for name in ("whole", "parts"))
    assert all(torch.equal(whole["net"][key], parts["net"][key]) for key in whole["net"])
    assert [state["rank"] for state in whole["tasks"]] == [0, 1]
    assert not torch.equal(whole["random"][0]["torch"], whole["random"][1]["torch"])  # each drops out for itself


def test_all_processes_stop_when_one_has_a_loss_that_is_not_finite(folder):
    said = {(folder / f"said by {rank}").read_text() for rank in range(2)}
    assert len(said) == 1 and "not finite at step 3, in a batch of these clips: clip of 1." in said.pop()


def test_the_log_is_written_once_with_means_over_the_processes(folder):
    lines = [json.loads(line) for line in (folder / "whole" / "log.jsonl").read_text().splitlines()]
    assert [line["rank"] for line in lines if "rank" in line] == [0.5, 0.5]


def test_a_run_does_not_go_on_with_another_number_of_processes(folder):
    with pytest.raises(UnweaveError, match=r"made by 2 process\(es\), now there are 1"):
        fit(Joint(dropout=0.5), settings(optimiser="adam", weight_decay=0.0), folder / "whole")


def test_modules_are_what_they_were_after_they_were_synchronised():
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    keys, norm = list(net.state_dict()), net[1]
    with synchronised(net, torch.device("cpu"), 1):
        assert type(net[1]) is torch.nn.BatchNorm2d
    with synchronised(net, torch.device("cpu"), 2):
        assert type(net[1]) is SynchronisedBatchNorm and list(net.state_dict()) == keys
    assert net[1] is norm and type(norm) is torch.nn.BatchNorm2d


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("affine", [True, False])
def test_alone_the_synchronised_normalisation_is_the_usual_one(monkeypatch, momentum, affine):
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda tensor: None)
    usual, ours = (torch.nn.BatchNorm2d(3, momentum=momentum, affine=affine) for _ in range(2))
    for turn in range(3):
        x = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(turn)) * 2 + 5
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        with synchronised(ours, torch.device("cpu"), 2):
            y = ours(b)
        z = usual(a)
        assert torch.allclose(y, z, atol=1e-5)
        (gradient_a,), (gradient_b,) = (
            torch.autograd.grad((out * out.detach().sin()).sum(), leaf) for out, leaf in ((z, a), (y, b))
        )
        assert torch.allclose(gradient_a, gradient_b, atol=1e-5)
    for one, two in zip(usual.state_dict().values(), ours.state_dict().values(), strict=True):
        assert torch.allclose(one.double(), two.double(), rtol=1e-5)
    with synchronised(ours.eval(), torch.device("cpu"), 2):
        assert torch.allclose(ours(x), usual.eval()(x), atol=1e-5)


def test_the_environment_says_which_process_this_is(monkeypatch):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert processes() == (0, 1)
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert processes() == (2, 3)
    monkeypatch.setenv("WORLD_SIZE", "many")
    with pytest.raises(UnweaveError, match="must be numbers"):
        processes()


if __name__ == "__main__":
    of_one_process(Path(sys.argv[1]), int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    leave()

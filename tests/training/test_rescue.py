"""A run that is asked to stop in the middle of a step that takes for ever ends, with the step before it saved."""

from __future__ import annotations

import functools
import inspect
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from unweave.training import loop, rescue
from unweave.training.checkpoint import load_checkpoint
from unweave.training.interruption import Interruption
from unweave.training.loop import LoopSettings, fit

STEPS, LAST = 7, 4


class Slow:
    """Learns with dropout and batch norm, so that random states and running statistics count."""

    def __init__(self, stop: int | None = None, where: str = "step") -> None:
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5))
        self.generator, self.drawn, self.stop, self.where = torch.Generator().manual_seed(1), 0, stop, where

    def draw(self):
        self.drawn += 1
        return torch.randn(8, 4, generator=self.generator)

    def loss(self, net, batch):
        loss = (net(batch) - 2 * batch).square().mean()
        if self.stop is not None and self.drawn == self.stop + 1 and self.where == "step":
            for_ever()
        return loss, {}

    def names(self, batch):
        return []

    def evaluate(self, net):
        if self.stop is not None and self.drawn == self.stop and self.where == "measuring":
            for_ever()
        return {"score": 0.0}

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])


def for_ever() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        time.sleep(1)


def settings() -> LoopSettings:
    return LoopSettings(
        steps=STEPS, warmup=2, average=0.9, device="cpu", evaluate_every=LAST, save_every=100, log_every=1
    )


def test_it_ends_though_its_step_does_not_and_goes_on_bit_for_bit(tmp_path):
    whole = fit(Slow(), settings(), tmp_path / "whole")
    for where in ("step", "measuring"):
        done = subprocess.run([sys.executable, __file__, str(tmp_path / where), where], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (130, "")
        assert "unweave: stopped; what was learnt is kept, and the same command goes on." in done.stderr
        assert load_checkpoint(tmp_path / where / "last.ckpt")["step"] == LAST
        resumed = fit(Slow(), settings(), tmp_path / where)
        both = zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
        assert all(torch.equal(one, other) for one, other in both)


def test_of_the_ten_seconds_half_are_left_to_write_the_checkpoint():
    assert rescue.PATIENCE <= 5 and inspect.signature(Interruption).parameters["patience"].default == rescue.PATIENCE
    assert rescue.LONG < rescue.PATIENCE, "a step that is waited for is done before it would be given up"


def test_what_ends_in_time_is_waited_for():
    asked = []
    with Interruption(patience=600) as interruption:
        interruption.rescue = asked.append
        os.kill(os.getpid(), signal.SIGTERM)
        while not interruption.wanted:
            time.sleep(0.01)
    assert asked == [] and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1, "nobody else is told of signals afterwards"


if __name__ == "__main__":
    loop.Interruption = functools.partial(Interruption, patience=0.05)  # type: ignore[misc,assignment]
    loop.LONG = 0.0  # type: ignore[misc]
    fit(Slow(LAST, sys.argv[2]), settings(), Path(sys.argv[1]))

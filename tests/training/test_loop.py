import json

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.training.checkpoint import load_checkpoint, save_checkpoint
from unweave.training.loop import LoopSettings, fit
from unweave.training.schedule import warmup_cosine


class Line:
    """Learn y = 2 x from noisy draws, with dropout, so that every random state counts."""

    def __init__(self, stop: int | None = None, broken: bool = False) -> None:
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5))
        self.generator = torch.Generator().manual_seed(1)
        self.stop, self.broken, self.drawn = stop, broken, 0

    def loss(self):
        self.drawn += 1
        if self.drawn == self.stop:
            raise KeyboardInterrupt
        x = torch.randn(8, 4, generator=self.generator)
        loss = (self.net(x) - 2 * x).square().mean()
        return loss * (float("nan") if self.broken else 1.0), {"drawn": float(self.drawn)}

    def evaluate(self, net):
        return {"error": (net(torch.ones(1, 4)) - 2).abs().mean().item()}

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])


SETTINGS = LoopSettings(
    steps=12, learning_rate=1e-2, warmup=2, average=0.9, evaluate_every=5, save_every=4, log_every=3
)


def test_an_interrupted_run_ends_with_the_same_weights_bit_for_bit(tmp_path):
    whole = fit(Line(), SETTINGS, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop=8), SETTINGS, tmp_path / "parts")  # three steps after the last checkpoint
    resumed = fit(Line(), SETTINGS, tmp_path / "parts")
    for one, two in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(one, two)


def test_the_log_has_losses_and_measurements(tmp_path):
    fit(Line(), SETTINGS, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [3, 6, 9, 12]
    assert [line["step"] for line in lines if "valid error" in line] == [5, 10, 12]


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    with pytest.raises(UnweaveError, match="not finite at step 0"):
        fit(Line(broken=True), SETTINGS, tmp_path)


def test_a_checkpoint_that_breaks_off_leaves_the_old_one(tmp_path):
    path = tmp_path / "last.ckpt"
    save_checkpoint(path, {"step": 1})
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        save_checkpoint(path, {"step": lambda: 2})  # cannot be written
    assert load_checkpoint(path) == {"step": 1}


def test_what_is_no_checkpoint_is_said(tmp_path):
    (tmp_path / "last.ckpt").write_text("hello")
    with pytest.raises(UnweaveError, match="no checkpoint"):
        load_checkpoint(tmp_path / "last.ckpt")


def test_the_schedule_rises_and_falls():
    values = [warmup_cosine(step, 10, 100) for step in range(101)]
    assert values[9] == 1.0 and values[100] == pytest.approx(0.0)
    assert all(a < b for a, b in zip(values[:9], values[1:10], strict=True))
    assert all(a >= b for a, b in zip(values[10:], values[11:], strict=False))

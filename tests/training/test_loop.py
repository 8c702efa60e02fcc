import copy
import json
import math
import os
import signal

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.training.checkpoint import average_weights, load_checkpoint
from unweave.training.loop import LoopSettings, fit


class Line:
    """Learn y = 2 x from noisy draws, with dropout, so that every random state counts."""

    def __init__(self, stop: int | None = None, broken: int | None = None, size: int = 4) -> None:
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(size, size), torch.nn.BatchNorm1d(size), torch.nn.Dropout(0.5), torch.nn.Linear(size, size)
        )
        self.net[3].weight.requires_grad_(False)
        self.generator = torch.Generator().manual_seed(1)
        self.size, self.stop, self.broken, self.drawn = size, stop, broken, 0
        self.on_draw = lambda: None
        self.scores: list[float] = []

    def draw(self):
        self.drawn += 1
        self.on_draw()
        if self.drawn == self.stop:
            raise KeyboardInterrupt
        return torch.randn(8, self.size, generator=self.generator)

    def loss(self, net, batch):
        loss = (net(batch) - 2 * batch).square().mean()
        return loss * (float("nan") if self.drawn == self.broken else 1.0), {"drawn": float(self.drawn)}

    def names(self, batch):
        return [f"clip {self.drawn}", "other clip"]

    def evaluate(self, net):
        assert not net.training
        score = self.scores.pop(0) if self.scores else -(net(torch.ones(1, self.size)) - 2).abs().mean().item()
        return {"score": score, "seven": 7.0}

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])


def settings(**changes) -> LoopSettings:
    small = {"steps": 12, "learning_rate": 1e-2, "warmup": 2, "average": 0.9, "device": "cpu"}
    return LoopSettings(**{**small, "evaluate_every": 5, "save_every": 4, "log_every": 3, **changes})


def same(one: torch.nn.Module, two: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    "how", [{}, {"optimiser": "muon", "precision": "bf16"}, {"precision": "16-mixed", "accumulate": 2}]
)
def test_an_interrupted_run_ends_with_the_same_weights_bit_for_bit(tmp_path, how):
    whole = fit(Line(), settings(**how), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(
            Line(stop=7 * how.get("accumulate", 1)), settings(**how), tmp_path / "parts"
        )  # two steps after a checkpoint
    torch.rand(3)  # the state of the generators is the checkpoint's, not what it happens to be
    resumed = fit(Line(), settings(**how), tmp_path / "parts")
    assert same(whole, resumed)
    one, two = (load_checkpoint(tmp_path / name / "last.ckpt") for name in ("whole", "parts"))
    assert all(torch.equal(one["net"][name], two["net"][name]) for name in one["net"])
    assert one["best"] == two["best"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_step_saves_and_leaves(tmp_path, number):
    task = Line()
    task.on_draw = lambda: os.kill(os.getpid(), number) if task.drawn == 6 else None
    with pytest.raises(KeyboardInterrupt):
        fit(task, settings(), tmp_path / "parts")
    assert load_checkpoint(tmp_path / "parts" / "last.ckpt")["step"] == 6 == task.drawn
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert same(fit(Line(), settings(), tmp_path / "parts"), fit(Line(), settings(), tmp_path / "whole"))


def test_every_step_is_in_the_log_once_also_after_going_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fit(Line(stop=8), settings(), tmp_path)  # the line of step 6 comes after the checkpoint of step 4 (or 5)
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write('{"step": 7, "lo')  # broke off
    fit(Line(), settings(), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [3, 6, 9, 12]
    assert [line["step"] for line in lines if "valid score" in line] == [5, 10, 12]
    assert all(line["gradient"] > 0 and line["rate"] >= 0 for line in lines if "loss" in line)


def test_what_is_returned_is_the_average_of_the_weights_and_not_the_last(tmp_path):
    returned = fit(Line(), settings(), tmp_path)
    state = load_checkpoint(tmp_path / "last.ckpt")
    average = average_weights(tmp_path / "last.ckpt")
    assert returned.state_dict().keys() == average.keys()
    assert all(torch.equal(value, average[name]) for name, value in returned.state_dict().items())
    assert not torch.equal(returned.state_dict()["0.weight"], state["net"]["0.weight"])


def test_each_step_has_the_rate_of_its_own_number(tmp_path):
    fit(Line(), settings(steps=4, schedule="constant", warmup=4, log_every=1), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["rate"] for line in lines if "loss" in line] == pytest.approx([2.5e-3, 5e-3, 7.5e-3, 1e-2])


def test_it_is_the_average_that_is_measured(tmp_path):
    task, seen = Line(), []
    task.evaluate = lambda net: seen.append(copy.deepcopy(net.state_dict())) or {"score": 0.0}
    fit(task, settings(), tmp_path)
    state = load_checkpoint(tmp_path / "last.ckpt")
    assert all(torch.equal(value, state["average"]["net"][name]) for name, value in seen[-1].items())
    assert not torch.equal(seen[-1]["0.weight"], state["net"]["0.weight"])


def test_batches_that_make_up_a_step_are_averaged_and_not_added_up(tmp_path):
    """Adam does not mind how large a gradient is, so it is the gradient that is looked at."""
    same_batch, gradients = torch.randn(8, 4, generator=torch.Generator().manual_seed(3)), []
    for accumulate in (1, 3):
        task = Line()
        task.net[2].p = 0.0
        task.draw = lambda: same_batch
        fit(task, settings(steps=1, log_every=1, accumulate=accumulate), tmp_path / str(accumulate))
        lines = [json.loads(line) for line in (tmp_path / str(accumulate) / "log.jsonl").read_text().splitlines()]
        gradients.append(lines[0]["gradient"])
    assert gradients[1] == pytest.approx(gradients[0], rel=1e-4)


def test_tensorboard_gets_the_losses(tmp_path):
    pytest.importorskip("tensorboard")
    fit(Line(), settings(steps=1, log_every=1), tmp_path)
    (file,) = (tmp_path / "tensorboard").iterdir()
    assert b"loss" in file.read_bytes() and b"valid/score" in file.read_bytes()


def test_a_run_that_ended_gives_its_net_without_another_step(tmp_path):
    ended = fit(Line(), settings(), tmp_path)
    task = Line()
    assert same(fit(task, settings(), tmp_path), ended) and task.drawn == 0


@pytest.mark.parametrize(("accumulate", "step"), [(1, 4), (2, 2)])
def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_clips(tmp_path, accumulate, step):
    with pytest.raises(UnweaveError, match=f"loss is not finite at step {step}.*: clip 5, other clip. .*precision 32"):
        fit(Line(broken=5), settings(accumulate=accumulate), tmp_path)


def test_a_gradient_that_is_not_finite_stops_the_run_before_it_does_harm(tmp_path):
    task = Line()
    before = {name: value.clone() for name, value in task.net.state_dict().items() if "weight" in name}

    def loss(net, batch):
        return net(batch).sum().sub(net(batch).sum().detach()).abs().sqrt(), {}  # finite; its slope at zero is not

    task.net[2].p = 0.0
    task.loss = loss
    with pytest.raises(UnweaveError, match=r"gradient is not finite at step 0.*clip 1"):
        fit(task, settings(), tmp_path)
    assert all(torch.equal(task.net.state_dict()[name], value) for name, value in before.items())


def test_half_precision_leaves_out_steps_whose_gradients_overflow_and_goes_on(tmp_path):
    task = Line()
    plain = task.loss
    task.loss = lambda net, batch: (plain(net, batch)[0] * 1e3, {})  # times the scaler's 65536 it is too large
    events = []
    fit(task, settings(precision="16-mixed", steps=30, clip=1.0), tmp_path, events.append)
    weights = load_checkpoint(tmp_path / "last.ckpt")
    assert weights["precision"]["scale"] < 65536
    assert all(value.isfinite().all() for value in weights["net"].values())


def test_half_precision_reaches_the_net_but_not_its_input(tmp_path):
    seen = []

    class Net(torch.nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            seen.append((x.dtype, y.dtype, self.weight.dtype))
            return y

    task = Line()
    task.net = Net(4, 4)
    fit(task, settings(steps=1, precision="bf16-mixed"), tmp_path)
    assert seen[0] == (torch.float32, torch.bfloat16, torch.float32)


def test_accumulated_batches_give_the_gradient_of_the_joint_one(tmp_path):
    class Plain(Line):
        def __init__(self, size):
            super().__init__()
            self.net, self.many = torch.nn.Linear(4, 4), size

        def draw(self):
            return torch.cat([super(Plain, self).draw() for _ in range(self.many)])

    starts = torch.nn.Linear(4, 4).state_dict()
    nets = []
    for accumulate, many in [(3, 1), (1, 3)]:
        task = Plain(many)
        task.net.load_state_dict(starts)
        how = settings(steps=4, accumulate=accumulate, average=0.0, clip=0.0)
        nets.append(fit(task, how, tmp_path / str(many)))
    for one, two in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.allclose(one, two, atol=1e-5)


def test_gradients_are_clipped(tmp_path):
    moved = []
    for clip in (1e-3, 0.0):
        task = Line()
        before = task.net[0].weight.detach().clone()
        fit(task, settings(steps=1, optimiser="adam", weight_decay=0.0, clip=clip), tmp_path / str(clip))
        state = load_checkpoint(tmp_path / str(clip) / "last.ckpt")["optimiser"]["state"]
        moved.append(math.sqrt(sum(float(one["exp_avg"].square().sum()) for one in state.values())) / 0.1)
        assert not torch.equal(before, task.net[0].weight)
    assert moved[0] == pytest.approx(1e-3, rel=1e-2) and moved[1] > 0.1


def test_the_best_checkpoint_is_that_of_the_highest_measurement(tmp_path):
    task = Line()
    task.scores = [1.0, 3.0, 2.0, float("nan")]
    events = []
    how = settings(steps=4, evaluate_every=1, save_every=100, average=0.0)
    last = fit(task, how, tmp_path, events.append)
    best = load_checkpoint(tmp_path / "best.ckpt")
    assert best["step"] == 2 and best["best"] == 3.0
    assert [event["best"] for event in events if event["kind"] == "valid"] == [True, True, False, False]
    assert not torch.equal(average_weights(tmp_path / "best.ckpt")["0.weight"], last.state_dict()["0.weight"])
    assert torch.equal(average_weights(tmp_path / "last.ckpt")["0.weight"], last.state_dict()["0.weight"])


def test_a_measurement_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="no measurement 'sdr'.*score, seven"):
        fit(Line(), settings(steps=1, best="sdr"), tmp_path)


def test_the_observer_is_told_of_every_step(tmp_path):
    events = []
    fit(Line(), settings(schedule="paper"), tmp_path, events.append)
    steps = [event for event in events if event["kind"] == "step"]
    assert [event["step"] for event in steps] == list(range(1, 13)) and steps[0]["steps"] == 12
    assert steps[-1]["seconds_left"] == 0 < steps[0]["seconds_left"]
    assert all(event["rate"] == 1e-2 and event["loss"] > 0 for event in steps)
    assert [event["values"]["seven"] for event in events if event["kind"] == "valid"] == [7.0] * 3


def test_every_parameter_that_wants_a_gradient_moves_and_no_other(tmp_path):
    task = Line()
    before = {name: value.clone() for name, value in task.net.named_parameters()}
    fit(task, settings(), tmp_path)
    moved = {name for name, value in task.net.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {name for name, value in task.net.named_parameters() if value.requires_grad} != set(before)


def test_a_net_with_nothing_to_learn_is_said(tmp_path):
    task = Line()
    task.net.requires_grad_(False)
    with pytest.raises(UnweaveError, match="nothing to learn"):
        fit(task, settings(), tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"learning_rate": 0.5}, "settings.learning_rate was 0.01 and is 0.5"),
        ({"steps": 24}, "settings.steps was 12 and is 24"),
        ({"optimiser": "adam"}, "settings.optimiser was 'adamw' and is 'adam'"),
    ],
)
def test_a_run_does_not_go_on_with_other_settings(tmp_path, change, said):
    fit(Line(), settings(), tmp_path)
    with pytest.raises(UnweaveError, match=said):
        fit(Line(), settings(**change), tmp_path)
    fit(Line(), settings(log_every=1, save_every=1, evaluate_every=1), tmp_path)  # these change no weight


def test_a_run_without_an_end_in_its_schedule_can_be_made_longer(tmp_path):
    short = settings(steps=6, schedule="constant")
    fit(Line(), short, tmp_path / "parts")
    long = settings(steps=12, schedule="constant")
    assert same(fit(Line(), long, tmp_path / "parts"), fit(Line(), long, tmp_path / "whole"))


def test_a_run_does_not_go_on_with_another_net_or_recipe(tmp_path):
    fit(Line(), settings(), tmp_path, recipe={"batch": 3, "mixing": {"sources": 2}})
    with pytest.raises(UnweaveError, match=r"recipe.mixing.sources was 2 and is 3"):
        fit(Line(), settings(), tmp_path, recipe={"batch": 3, "mixing": {"sources": 3}})
    with pytest.raises(UnweaveError, match=r"net.0.weight was \(4, 4\) and is \(5, 5\)"):
        fit(Line(size=5), settings(), tmp_path, recipe={"batch": 3, "mixing": {"sources": 2}})


def test_a_broken_checkpoint_is_said_and_the_other_one_named(tmp_path):
    fit(Line(), settings(), tmp_path)
    (tmp_path / "last.ckpt").write_bytes((tmp_path / "last.ckpt").read_bytes()[:1000])
    with pytest.raises(UnweaveError, match=r"last.ckpt is broken.*go on from best.ckpt, copy"):
        fit(Line(), settings(), tmp_path)
    (tmp_path / "best.ckpt").replace(tmp_path / "last.ckpt")
    fit(Line(), settings(), tmp_path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"steps": 0}, "steps must be at least 1"), ({"average": 1.0}, "below 1"), ({"clip": -1.0}, "clip must be")],
)
def test_settings_that_make_no_sense_are_said(wrong, said):
    with pytest.raises(UnweaveError, match=said):
        settings(**wrong)


def test_a_run_of_so_many_minutes_ends_by_the_clock_with_the_rate_at_its_end(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("unweave.training.loop.time.perf_counter", lambda: now[0])
    task, rates = Line(), []
    task.on_draw = lambda: now.__setitem__(0, now[0] + 3.0)

    def observer(event):
        if event["kind"] == "step":
            rates.append(event["rate"])
            assert 0 <= event["seconds_left"] <= 60

    fit(task, settings(steps=1000, minutes=1.0, evaluate_every=1000), tmp_path, observer)
    assert len(rates) == 20 and load_checkpoint(tmp_path / "last.ckpt")["step"] == 20
    assert max(rates) == rates[1] == pytest.approx(1e-2, rel=0.02) and rates[-1] < 0.01 * rates[1]
    assert sorted(rates[1:], reverse=True) == rates[1:]
    # The time of before an interruption counts; none is left.
    fit(Line(), settings(steps=1000, minutes=1.0, evaluate_every=1000), tmp_path)
    assert load_checkpoint(tmp_path / "last.ckpt")["step"] == 20
    with pytest.raises(UnweaveError, match="minutes"):
        settings(minutes=0.0)

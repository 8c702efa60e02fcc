"""A query net that waits, and then learns at a rate of its own."""

import pytest
import torch
from methods import method, planted

from unweave.training.loop import LoopSettings, fit
from unweave.training.optimisers import OPTIMISERS, build_optimiser
from unweave.training.thawing import MARK, Thaw

STORE = planted(train=(3, 3, 3), valid=(1, 1, 1))


def made(after, rate):
    task = method(STORE, "out-clip", "embedding", mode="finetune")
    task.thaw = Thaw(task.net.query, after, rate)
    return task


def settings(steps):
    return LoopSettings(steps=steps, schedule="paper", optimiser="adam", average=0, device="cpu", weight_decay=0.0)


def test_it_stays_as_it_is_until_it_is_thawed(tmp_path):
    before = made(2, 0.1).net.query.tagger.scale.detach().clone()
    frozen, later = made(2, 0.1), made(2, 0.1)
    fit(frozen, settings(2), tmp_path / "frozen")
    assert torch.equal(frozen.net.query.tagger.scale, before) and not frozen.net.query.thawed
    separator = made(2, 0.1).net.separator.state_dict()
    assert any(not torch.equal(value, separator[name]) for name, value in frozen.net.separator.state_dict().items())
    fit(later, settings(3), tmp_path / "later")
    assert not torch.equal(later.net.query.tagger.scale, before) and later.net.query.thawed


def test_it_moves_at_its_own_rate(tmp_path):
    moved = []
    for rate in (1.0, 0.1):
        task = made(0, rate)
        before = task.net.query.tagger.scale.detach().clone()
        fit(task, settings(1), tmp_path / str(rate))
        moved.append((task.net.query.tagger.scale - before).abs().max().item())
    assert moved[0] == pytest.approx(1e-3, rel=0.01), "a first step of Adam is of the whole rate"
    assert moved[1] == pytest.approx(1e-4, rel=0.01)


def test_while_it_waits_its_statistics_do_not_move():
    task = made(5, 1.0)
    for step, training in ((4, False), (5, True)):
        task.thaw.begin(step)
        task.net.train()
        assert task.net.query.tagger.training == training and task.net.separator.training


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_can_be_split_and_holds_each_weight_once(name):
    task = made(0, 0.5)
    weights = [weight for weight in task.net.parameters() if weight.requires_grad]
    optimiser = build_optimiser(name, weights, 1e-3, 0.0)
    task.thaw.split(optimiser)
    held = [id(weight) for group in optimiser.param_groups for weight in group["params"]]
    assert sorted(held) == sorted(map(id, weights)) and all(group["params"] for group in optimiser.param_groups)
    own = {id(weight) for group in optimiser.param_groups if group.get(MARK) for weight in group["params"]}
    assert own == {id(weight) for weight in task.net.query.parameters() if weight.requires_grad}
    task.loss(task.net.train(), task.draw())[0].backward()
    optimiser.step()


def test_a_run_goes_on_from_a_checkpoint_with_its_groups(tmp_path):
    fit(made(1, 0.1), settings(2), tmp_path)
    whole, parts = made(1, 0.1), made(1, 0.1)
    fit(whole, settings(4), tmp_path / "whole")
    fit(parts, settings(4), tmp_path)
    assert torch.equal(whole.net.query.tagger.scale, parts.net.query.tagger.scale)

"""One step of the method with its own net and loss, on clips with two tags: what is heard, asked for and aimed at.

Where each clip has a single class and the net is a stand-in, a query net that hears the mixture, an anchor of another
tag or a loss against the mixture all look right.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from methods import Ear, method, planted
from planted import TwoTagged
from torch import Tensor

from unweave.training.losses import l1, negative_snr
from unweave.training.method import MethodTask

STORE = TwoTagged(train=6, valid=3)


class Step(NamedTuple):
    """What went in and out of the net in one step, and what the step gave."""

    rows: Tensor
    classes: Tensor
    mixture: Tensor
    target: Tensor
    tags: Tensor
    heard: list[Tensor]
    condition: Tensor
    estimate: Tensor
    loss: Tensor
    values: dict[str, float]


def step(made: MethodTask) -> Step:
    """Take one, watching."""
    seen: dict[str, Any] = {"heard": []}
    net = made.net.eval()
    hooks = [
        net.register_forward_pre_hook(lambda _, given: seen.update(given=given)),
        net.query.tagger.register_forward_pre_hook(lambda _, given: seen["heard"].append(given[0].clone())),
        net.separator.register_forward_pre_hook(lambda _, given: seen.update(condition=given[1], mixed=given[0])),
        net.register_forward_hook(lambda _, __, result: seen.update(estimate=result)),
    ]
    batch = made.draw()
    loss, values = made.loss(net, batch)
    for hook in hooks:
        hook.remove()
    mixture, target, tags = seen["given"]
    assert torch.equal(seen["mixed"][:, 0], mixture)
    return Step(
        batch.rows,
        batch.classes,
        mixture,
        target,
        tags,
        seen["heard"],
        seen["condition"],
        seen["estimate"],
        loss,
        values,
    )


def test_the_query_net_hears_the_target_and_nothing_else():
    for condition in ("soft", "embedding"):
        taken = step(method(STORE, condition=condition, batch=6))
        assert len(taken.heard) == 1 and torch.equal(taken.heard[0], taken.target)
        tags = Ear()(taken.target)
        expected = tags.clip if condition == "soft" else tags.embedding
        torch.testing.assert_close(taken.condition, expected)
        assert not torch.allclose(taken.condition, Ear()(taken.mixture).clip, atol=0.05)


def test_a_hard_one_hot_is_made_of_the_tags_of_the_targets_clip():
    """Also of the tag that the anchor does not hold: the paper's y is the clip's."""
    taken = step(method(STORE, condition="onehot", batch=6))
    own = torch.from_numpy(STORE.targets(taken.rows.numpy()))
    assert (own.sum(1) == 2).all()
    assert torch.equal(taken.tags, own) and torch.equal(taken.condition, own.float())
    assert taken.heard == [], "nobody need hear a clip whose tags are given"


@pytest.mark.parametrize("sources", [3, 4])
def test_the_one_hot_of_several_targets_has_the_tags_of_all_of_them_and_of_no_other(sources):
    made = method(STORE, condition="onehot", batch=6, sources=sources, targets=1)
    taken = step(made)
    assert torch.equal(taken.tags, torch.from_numpy(STORE.targets(taken.rows.numpy()))), "the first source alone"


@pytest.mark.parametrize("criterion", [l1, negative_snr])
def test_the_loss_is_that_of_the_estimate_against_the_target(criterion):
    made = method(STORE, batch=6)
    made.criterion = criterion
    taken = step(made)
    torch.testing.assert_close(taken.loss, criterion(taken.estimate, taken.target).mean())
    for other in (criterion(taken.estimate, taken.mixture), criterion(taken.mixture, taken.target)):
        assert (taken.loss - other.mean()).abs() > 1e-4
    gain = negative_snr(taken.mixture, taken.target) - negative_snr(taken.estimate, taken.target)
    assert taken.values["improvement"] == pytest.approx(gain.mean().item(), abs=1e-5)


def test_the_anchor_lies_where_the_class_sounds_that_the_clip_was_drawn_for():
    """Not where the likeliest of its classes does, nor that of its first tag."""
    made, drawn = method(STORE, batch=3), set()
    for _ in range(8):
        batch = made.draw()
        anchors = made.anchors(batch, torch.Generator().manual_seed(0))[:, 0].numpy()
        for row, key, anchor in zip(batch.rows.tolist(), batch.classes.tolist(), anchors, strict=True):
            wave = STORE.waves[row]
            (place,) = [i for i in range(0, len(wave) - 16000 + 1, 100) if np.array_equal(wave[i : i + 16000], anchor)]
            first, last = STORE.spans[row][key]
            assert first - 1700 <= place and place + 16000 <= last + 1700
            drawn.add((row, key))
    assert {key for _, key in drawn} == {0, 1, 2}
    assert any(key != STORE.classes(row)[0] for row, key in drawn), "also for a tag that is not the clip's first"


def test_held_out_pairs_are_asked_for_by_the_target_and_by_the_class_asked():
    """The first hears the target of the pair, the second is told the one class that the pair was drawn for."""
    made = method(planted(train=(3, 3, 3), valid=(2, 2, 2)), batch=6)
    heard, told = [], []
    made.net.query.tagger.register_forward_pre_hook(lambda _, given: heard.append(given[0].clone()))
    made.net.separator.register_forward_pre_hook(lambda _, given: told.append((given[0][:, 0], given[1].clone())))
    made.evaluate(made.net.eval())
    (oracle, by_class), target = told, heard[0]
    torch.testing.assert_close(oracle[1], Ear()(target).clip)
    assert torch.equal(oracle[0], by_class[0]) and not torch.equal(oracle[0], target)
    asked = torch.tensor([key for _, _, key in made.valid.pairs])
    assert torch.equal(by_class[1], torch.nn.functional.one_hot(asked, 3).float())

"""The paper's method on planted bursts: what is mined, mixed, asked and learnt."""

import numpy as np
import pytest
import torch
from methods import Ear, method, planted

from unweave.data.miners import miners
from unweave.errors import UnweaveError
from unweave.training.losses import l1
from unweave.training.method import MethodSettings, MethodTask

STORE = planted(train=(3, 3, 3), valid=(2, 2, 2))


def task(miner="detector", condition="soft", store=STORE, **more):
    return method(store, miner, condition, **more)


class Spy(torch.nn.Module):
    """Stands in for the net and remembers what it was given."""

    def forward(self, mixture, target, tags):
        self.mixture, self.target, self.tags = mixture, target, tags
        return mixture.clone().requires_grad_()


def test_anchors_of_the_detector_lie_in_the_planted_bursts():
    made = task()
    for _ in range(4):
        batch = made.draw()
        anchors = made.anchors(batch, torch.Generator().manual_seed(0))
        assert anchors.shape == (3, 1, 16000)
        for row, anchor in zip(batch.rows.tolist(), anchors[:, 0].numpy(), strict=True):
            wave = STORE.waves[row]
            places = [i for i in range(0, len(wave) - 16000 + 1, 100) if np.array_equal(wave[i : i + 16000], anchor)]
            first, last = STORE.bursts[row]
            assert any(first - 1700 <= place and place + 16000 <= last + 1700 for place in places)


def test_sources_are_mixed_at_equal_energy_and_the_first_is_the_target():
    made, spy = task(), Spy()
    made.loss(spy, made.draw())
    rest = spy.mixture - spy.target
    assert torch.allclose(rest.square().sum(1), spy.target.square().sum(1), rtol=1e-4)
    assert torch.equal(spy.tags.sum(1), torch.ones(3, dtype=torch.int64))


@pytest.mark.parametrize("sources", [3, 4])
def test_more_sources_give_one_target_or_several(sources):
    made, spy = task(sources=sources, targets=None, batch=6), Spy()
    counts = set()
    for _ in range(6):
        made.loss(spy, made.draw())
        counts |= set(spy.tags.sum(1).tolist())
        assert not torch.allclose(spy.mixture, spy.target)
    assert counts <= set(range(1, sources)) and len(counts) > 1


def test_with_the_check_no_mixture_has_a_class_twice():
    made, spy = task(check=True, batch=6), Spy()  # six anchors of three classes: rolling alone would clash
    for _ in range(5):
        batch = made.draw()
        rng = np.random.default_rng(0)
        anchors = made.anchors(batch, torch.Generator())[:, 0]
        groups = made.groups(anchors, batch, rng)
        classes = batch.classes[groups]
        assert (classes[:, 0] != classes[:, 1]).all()
    made.loss(spy, batch)
    assert len(spy.mixture) == 6


def test_in_clip_sources_are_of_one_clip():
    made, spy = task("in-clip", energy="none"), Spy()
    batch = made.draw()
    made.loss(spy, batch)
    for row, mixture, target in zip(batch.rows.tolist(), spy.mixture, spy.target, strict=True):
        wave = STORE.waves[row]
        rest = (mixture - target).numpy()
        for piece in (target.numpy(), rest):
            found = np.correlate(wave.astype(np.float64), piece.astype(np.float64), "valid")
            energy = np.convolve(wave.astype(np.float64) ** 2, np.ones(len(piece)), "valid")
            assert np.min(np.abs(energy - 2 * found + (piece.astype(np.float64) ** 2).sum())) < 1e-6


def test_the_same_seed_makes_the_same_mixtures_and_a_run_goes_on_where_it_was():
    one, two, spies = task("out-clip"), task("out-clip"), (Spy(), Spy())
    for made, spy in zip((one, two), spies, strict=True):
        made.loss(spy, made.draw())
    assert torch.equal(spies[0].mixture, spies[1].mixture)
    three = task("out-clip")
    three.load_state_dict(one.state_dict())
    for made, spy in ((one, spies[0]), (three, spies[1])):
        made.loss(spy, made.draw())
    assert torch.equal(spies[0].mixture, spies[1].mixture)


@pytest.mark.parametrize("condition", ["soft", "onehot", "embedding"])
def test_the_loss_reaches_every_weight_that_learns(condition):
    made = task(condition=condition, augment={"polarity": {}, "gain": {"decibels": 3}})
    loss, values = made.loss(made.net.train(), made.draw())
    loss.backward()
    learning = [p for p in made.net.parameters() if p.requires_grad]
    assert learning and all(p.grad is not None for p in learning) and np.isfinite(values["improvement"])
    assert made.net.query.tagger.scale.grad is None


def test_a_finetuned_tagger_learns_and_the_detector_does_not():
    made = task(mode="finetune")
    made.loss(made.net.train(), made.draw())[0].backward()
    assert made.net.query.tagger.scale.grad.abs().sum() > 0
    assert made.detector.scale.grad is None and not made.detector.scale.requires_grad


def test_measured_by_the_target_itself_and_by_class():
    scores = task().evaluate(task().net.eval())
    assert {key.split(", ")[-1] for key in scores} == {"oracle", "by class"}
    assert {
        key.split(", ")[-1] for key in task(condition="embedding").evaluate(task(condition="embedding").net.eval())
    } == {"oracle"}


def test_no_detector_is_said():
    made = task("out-clip")
    with pytest.raises(UnweaveError, match="found by a detector"):
        MethodTask(
            made.net,
            None,
            made.loader,
            STORE,
            miners.build("detector"),
            made.energy,
            made.augment,
            l1,
            MethodSettings(),
        )

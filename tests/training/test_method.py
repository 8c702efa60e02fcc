"""The paper's method on planted bursts: what is mined, mixed, asked and learnt."""

import numpy as np
import pytest
import torch
from methods import Ear, method, planted

from unweave.data.miners import miners
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags
from unweave.training.losses import l1, negative_snr
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


class Told(Ear):
    """Says that every anchor holds the classes of `clip` as surely."""

    def __init__(self, clip):
        super().__init__()
        self.clip, self.learning = torch.tensor([clip]), []

    def forward(self, waveform):
        self.learning.append(self.training)
        return Tags(self.clip.expand(len(waveform), -1), None, self.clip.expand(len(waveform), -1))


@pytest.mark.parametrize("asked", ["detector", "tagger"])
def test_each_class_has_a_threshold_of_its_own(asked):
    """All anchors hold a bit of the first class; whether that forbids to mix them is for its threshold to say."""
    made, told = task("out-clip", mode="finetune", check=True), Told([0.3, 0.0, 0.0])
    if asked == "detector":
        made.detector = told.eval()
    else:  # without a detector, the net's own tagger says what anchors hold, and does not learn from it
        made.net.query.tagger = told
    batch = made.draw()
    anchors = made.anchors(batch, torch.Generator())[:, 0]
    made.settings.thresholds = torch.tensor([0.4, 0.2, 0.2])
    groups = made.groups(anchors, batch, np.random.default_rng(0))
    assert len(groups) == 3 and told.learning == [False]
    assert told.training == (asked == "tagger")
    for thresholds in (torch.tensor([0.2, 0.4, 0.4]), 0.2):
        made.settings.thresholds = thresholds
        with pytest.raises(UnweaveError, match="higher thresholds"):
            made.groups(anchors, batch, np.random.default_rng(0))


def test_pairs_depend_on_the_seed_alone_whatever_the_number_of_workers():
    augment = {"shift": {"seconds": 0.1}, "gain": {}}
    made = [task(check=True, energy="random", augment=augment, batch=6, workers=workers) for workers in (0, 2)]
    for _ in range(3):
        spies = Spy(), Spy()
        for one, spy in zip(made, spies, strict=True):
            one.loss(spy, one.draw())
        assert torch.equal(spies[0].mixture, spies[1].mixture) and torch.equal(spies[0].target, spies[1].target)
    made[1].loader.close()


@pytest.mark.parametrize("energy", ["match", "random", "none"])
def test_silent_clips_do_no_harm(energy):
    """Published packs hold some; a store of our own has none."""
    store = planted(train=(2, 2, 2), valid=(1, 1, 1))
    for row in (0, 2, 6):  # whole classes of the training part are heard beside silence, and one held-out clip is
        store.waves[row][:] = 0
    made = task(store=store, energy=energy, batch=6, net="resunet", mode="finetune", augment={"band-limit": {}})
    for loss_of in (l1, negative_snr):
        made.criterion = loss_of
        made.net.zero_grad()
        loss, values = made.loss(made.net.train(), made.draw())
        loss.backward()
        assert loss.isfinite() and np.isfinite(values["improvement"])
        assert all(weight.grad.isfinite().all() for weight in made.net.parameters() if weight.grad is not None)
    assert all(np.isfinite(value) for value in made.evaluate(made.net.eval()).values())


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

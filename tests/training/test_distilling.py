import copy

import numpy as np
import pytest
import torch
from planted import PlantedStore

from unweave.taggers.small import SmallTagger
from unweave.training.distilling import FLOOR_DB, DistillingTask

PATCHES, FEATURES = 6, 7


@pytest.fixture(scope="module")
def store():
    return PlantedStore(train=(3, 3, 3), valid=(2, 2, 2))


class Hears:
    """A teacher that keeps what it was given; it hears no class where `score` is NaN."""

    def __init__(self, score=np.nan, features=0) -> None:
        self.score, self.features, self.waves = score, features, []

    def __call__(self, wave, rate):
        self.waves.append(wave)
        patches = 1 + (len(wave) - int(0.975 * rate)) // int(0.48 * rate)
        features = np.random.default_rng(len(wave)).normal(3, 2, (patches, self.features)) + wave[:1000].sum()
        return np.full((patches, 3), self.score, np.float32), features.astype(np.float32) if self.features else None


def made(store, teachers=None, batch=3, **arguments):
    torch.manual_seed(0)
    tagger = SmallTagger(3, widths=(8, 8, 16, 16, 16), dropout=0.0)
    return DistillingTask(tagger, store, teachers or [Hears()], batch=batch, **arguments)


def test_a_batch_is_learnt(store):
    task = made(store, patches=2)
    batch, losses = task.draw(), []
    optimiser = torch.optim.AdamW(task.net.train().parameters(), 2e-3)
    for _ in range(4):
        loss, _ = task.loss(task.net, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert 0 <= task.evaluate(task.net.eval())["accuracy planted"] <= 1


def test_mixed_crops_carry_the_tags_of_both(store):
    batch = made(store, mixed=1.0).draw()
    assert batch.mel.shape == (3, 338, 64) and batch.soft.shape == (3, PATCHES, 3)
    # A batch of three holds every class once, and each is mixed with another.
    assert (batch.tags.sum(1) == 2).all()
    assert (made(store, mixed=0.0).draw().tags.sum(1) == 1).all()


def test_the_teacher_hears_the_crop_that_the_tagger_hears(store, monkeypatch):
    monkeypatch.setattr("unweave.training.distilling.hide_stripes", lambda mel, _: mel)
    teacher = Hears()
    task = made(store, [teacher], mixed=1.0)
    teacher.waves.clear()  # the first is silence, which tells how many features there are
    batch = task.draw()
    assert all(np.abs(wave).max() == pytest.approx(1) for wave in teacher.waves)
    heard = task.net.tagger.mel(torch.from_numpy(np.stack(teacher.waves)))
    quieter = (heard - batch.mel)[(batch.mel > FLOOR_DB + 1)]
    assert quieter.min() >= -1e-3 and quieter.max() <= 35
    for mel, crop in zip(heard, batch.mel, strict=True):  # but for its level, the same
        difference = (mel - crop)[crop > FLOOR_DB + 1]
        assert difference.max() - difference.min() < 1e-3


def test_several_teachers_hear_what_one_would(store):
    one = made(store, [Hears(features=FEATURES)], batch=6).draw()
    three = made(store, [Hears(features=FEATURES) for _ in range(3)], batch=6).draw()
    assert torch.equal(one.features, three.features) and torch.equal(one.mel, three.mel)


def test_where_the_teacher_knows_nothing_only_tags_are_learnt(store):
    task = made(store)
    values = task.loss(task.net, task.draw())[1]
    assert values["patches"] == 0 and values["clip"] > 0
    task = made(store, [Hears(0.5)])
    assert task.loss(task.net, task.draw())[1]["patches"] > 0


def test_the_teachers_features_are_learnt_and_the_tagger_itself_feels_them(store):
    task = made(store, [Hears(features=FEATURES)])
    task.net.train()
    batch = task.draw()
    assert batch.features.shape == (3, PATCHES, FEATURES)
    loss, figures = task.loss(task.net, batch)
    assert figures["features"] == pytest.approx(1, abs=0.7)  # nothing is known yet: the variance
    loss.backward()
    assert task.net.towards.weight.grad.abs().sum() > 0
    # Not the map towards them alone.
    before = task.net.tagger.context.weight.grad.clone()
    task.net.zero_grad()
    batch.features = batch.features.flip(1)
    task.loss(task.net, batch)[0].backward()
    assert not torch.allclose(before, task.net.tagger.context.weight.grad)


def test_the_network_is_called_once_in_a_step(store):
    task = made(store)
    calls = []
    task.net.register_forward_hook(lambda *_: calls.append(1))
    task.loss(task.net, task.draw())
    assert len(calls) == 1


def test_a_run_goes_on_where_it_stopped(store):
    task = made(store)
    task.draw()
    state = copy.deepcopy(task.state_dict())
    expected = task.draw()
    again = made(store, seed=4)
    again.load_state_dict(state)
    batch = again.draw()
    assert torch.equal(batch.mel, expected.mel) and torch.equal(batch.tags, expected.tags)
    assert task.names(expected) == again.names(batch)

import copy

import numpy as np
import pytest
import torch
from planted import PlantedStore

from unweave.errors import UnweaveError
from unweave.taggers.small import SmallTagger
from unweave.training.distilling import DistillingTask


@pytest.fixture(scope="module")
def store():
    return PlantedStore(train=(3, 3, 3), valid=(2, 2, 2))


def made(store, heard=np.nan, batch=3, **arguments):
    soft = [np.full((max(1, int(n / 32000 / 0.48) - 1), 3), heard, np.float16) for n in store.lengths]
    torch.manual_seed(0)
    return DistillingTask(SmallTagger(3, widths=(8, 8, 16, 16, 16), dropout=0.0), store, soft, batch=batch, **arguments)


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
    assert batch.mel.shape == (3, 336, 64) and batch.soft.shape == (3, 6, 3)
    # A batch of three holds every class once, and each is mixed with another.
    assert (batch.tags.sum(1) == 2).all()


def test_where_the_teacher_knows_nothing_only_tags_are_learnt(store):
    task = made(store)
    values = task.loss(task.net, task.draw())[1]
    assert values["patches"] == 0 and values["clip"] > 0
    task = made(store, heard=0.5)
    assert task.loss(task.net, task.draw())[1]["patches"] > 0


def taught(store, **arguments):
    rng = np.random.default_rng(0)
    features = [rng.normal(3, 2, (max(1, int(n / 32000 / 0.48) - 1), 7)).astype(np.float16) for n in store.lengths]
    return made(store, features=features, **arguments)


def test_the_teachers_features_are_learnt_where_one_clip_sounds_alone(store):
    task = taught(store, mixed=0.0)
    values = np.concatenate([task.features[row] for row in store.rows("train")]).astype(np.float32)
    assert values.mean(0) == pytest.approx(np.zeros(7), abs=0.01) and values.std(0) == pytest.approx(
        np.ones(7), abs=0.02
    )
    batch = task.draw()
    loss, figures = task.loss(task.net, batch)
    assert figures["features"] == pytest.approx(1, abs=0.7)  # nothing is known yet: the variance
    loss.backward()
    assert task.net.towards.weight.grad.abs().sum() > 0
    # The tagger itself feels them, not the map towards them alone.
    before = task.net.tagger.context.weight.grad.clone()
    task.net.zero_grad()
    batch.features = batch.features + 5
    task.loss(task.net, batch)[0].backward()
    assert not torch.allclose(before, task.net.tagger.context.weight.grad)


def test_of_mixtures_no_features_are_learnt(store):
    task = taught(store, mixed=1.0)
    batch = task.draw()
    assert batch.features.shape == (3, 6, 7) and batch.features.isnan().all()
    loss, figures = task.loss(task.net, batch)
    assert figures["features"] == 0 and torch.isfinite(loss)


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


def test_labels_of_other_clips_are_refused(store):
    with pytest.raises(UnweaveError, match="labels of 1 clips"):
        DistillingTask(SmallTagger(3, widths=(4, 4, 4, 4, 4)), store, [np.zeros((1, 3), np.float16)], batch=1)

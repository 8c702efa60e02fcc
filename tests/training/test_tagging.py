import copy

import numpy as np
import pytest
import torch
from planted import PlantedStore

from unweave.data.loader import ClipLoader
from unweave.data.sampler import BalancedSampler
from unweave.errors import UnweaveError
from unweave.evaluation.tagging import class_thresholds
from unweave.taggers.htsat import HtsAt
from unweave.taggers.panns import Panns
from unweave.taggers.panns_sed import PannsDetector
from unweave.taggers.small import SmallTagger
from unweave.training.tagging import TaggingTask, class_members, cross_entropy


def small():
    torch.manual_seed(0)
    return SmallTagger(3, widths=(8, 8, 16, 16, 16), dropout=0.0)


FAMILIES = {
    "small": small,
    "cnn6": lambda: Panns([8, 8, 8, 8], kernel=5, convolutions=1, pools=4, classes=3),
    "cnn14": lambda: Panns([8] * 6, kernel=3, convolutions=2, pools=5, classes=3),
    "cnn14-sed": lambda: PannsDetector([8] * 6, kernel=3, convolutions=2, pools=5, classes=3),
    "htsat": lambda: HtsAt(dim=8, depths=(1, 1), heads=(1, 2), window=4, side=64, patch=4, classes=3),
}


@pytest.fixture(scope="module")
def store():
    return PlantedStore(seconds=1.6, train=(4, 4, 4), valid=(3, 3, 3))


def made(store, tagger=None, batch=6, seconds=1.2, seed=0, **arguments):
    sampler = BalancedSampler(store.members("train"), batch, seed)
    return TaggingTask(tagger or small(), store, ClipLoader(store, sampler, seconds, seed), **arguments)


def learn(task, steps, rate):
    net, losses = task.net.train(), []
    optimiser = torch.optim.AdamW(net.parameters(), rate)
    for _ in range(steps):
        loss, _ = task.loss(net, task.draw())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def test_classes_and_their_places_are_learnt_from_tags_alone(store):
    task = made(store, seconds=1.0, mixup=0.3)
    before = task.evaluate(task.net)
    learn(task, 25, 1e-2)
    after = task.evaluate(task.net)
    assert after["AUC"] > 0.95 > before["AUC"] and after["mAP"] > 0.9 and after["accuracy"] > 0.8
    # Nobody said where the bursts are; the frames know.
    tagger, inside, outside = task.net.tagger.eval(), [], []
    for row in store.rows("valid").tolist():
        frames = tagger(torch.from_numpy(store.waves[row])[None]).frames[0, :, store.classes(row)[0]]
        time = (np.arange(len(frames)) + 0.5) / tagger.frame_rate * store.sample_rate
        there = (time > store.bursts[row][0]) & (time < store.bursts[row][1])
        inside.append(frames[there].mean().item())
        outside.append(frames[~there].mean().item())
    assert np.mean(inside) > 2 * np.mean(outside)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_a_batch(family, store):
    torch.manual_seed(0)
    task = made(store, FAMILIES[family](), batch=3, mixup=0.5, most=3)
    batch = task.draw()
    task.draw = lambda: batch
    # Dropout off, so that the loss of the batch falls for no other reason than learning.
    for part in task.net.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    losses = learn(task, 4, 2e-3)
    assert losses[-1] < losses[0]
    assert set(task.evaluate(task.net)) == {"mAP", "AUC", "d-prime", "accuracy"}


@pytest.mark.parametrize("mixed", ["spectrogram", "waveform"])
def test_targets_are_mixed_as_the_sounds_are(mixed, store):
    plain, mixes = made(store, mixup=0.0), made(store, mixup=1.0, mixed=mixed)
    one, two = plain.draw(), mixes.draw()
    assert one.targets.unique().tolist() == [0, 1] and one.ratio is None
    own = (two.targets * one.targets).sum(1)  # what is left of each clip's own tag
    if mixed == "spectrogram":
        ratio = two.ratio
        assert torch.equal(two.waveform, one.waveform)
    else:
        # What the mixture has of the clip, by least squares.
        parts = torch.stack([one.waveform, one.waveform.roll(1, 0)], dim=2)
        ratio = torch.linalg.lstsq(parts, two.waveform[:, :, None]).solution[:, 0, 0]
        assert two.ratio is None
    partner = (one.targets * one.targets.roll(1, 0)).sum(1)  # 1 where both are of one class
    assert torch.allclose(own, torch.where(partner > 0, 1.0, ratio), atol=1e-3)
    assert torch.allclose(two.targets.sum(1), torch.ones(6))
    assert (ratio > 0.499).all() and (ratio < 1).any()


def test_a_run_goes_on_where_it_stopped(store):
    task = made(store)
    task.draw()
    state = copy.deepcopy(task.state_dict())
    expected = task.draw()
    again = made(store, seed=5)
    again.load_state_dict(state)
    batch = again.draw()
    assert torch.equal(batch.waveform, expected.waveform) and torch.equal(batch.stripes, expected.stripes)
    assert torch.equal(batch.ratio, expected.ratio) and torch.equal(batch.targets, expected.targets)
    assert task.names(expected) == expected.names and len(set(expected.names)) > 1


def test_one_clip_in_a_class_and_a_batch_of_one_are_enough():
    store = PlantedStore(seconds=0.5, train=(1, 2, 1), valid=(1, 0, 0))
    task = made(store, batch=1, mixup=1.0)
    assert np.isfinite(learn(task, 3, 1e-3)).all()
    assert task.evaluate(task.net) == {}  # one clip cannot be ranked


def test_a_teacher_adds_to_the_tags_and_takes_nothing_away(store):
    soft = np.full((len(store), 3), 0.25)
    soft[:, 2] = np.nan
    targets = made(store, soft=soft, mixup=0.0).draw().targets
    tags = made(store, mixup=0.0).draw().targets
    assert torch.equal(targets, torch.maximum(tags, torch.tensor([0.25, 0.25, 0.0])))


def test_thresholds_can_be_chosen_on_what_is_judged(store):
    task = made(store)
    scores, targets = task.judge(task.net)
    assert scores.shape == targets.shape == (9, 3)
    assert ((class_thresholds(scores, targets) >= 0) & (class_thresholds(scores, targets) <= 1)).all()
    assert len(made(store, most=4).judge(task.net)[0]) == 4


def test_what_does_not_fit_is_said(store):
    with pytest.raises(UnweaveError, match="classes: 3"):
        made(store, SmallTagger(5, widths=(4, 4, 4, 4, 4)))
    with pytest.raises(UnweaveError, match="between 0 and 1"):
        made(store, mixup=2.0)
    with pytest.raises(UnweaveError, match="Soft labels"):
        made(store, soft=np.zeros((2, 3)))
    other = small()
    other.sample_rate = 16000
    with pytest.raises(UnweaveError, match="16000 Hz"):
        made(store, other)
    with pytest.raises(UnweaveError, match="nothing to learn"):
        empty = PlantedStore(valid=(1, 1, 1))
        TaggingTask(small(), empty, made(store).loader)


def test_cross_entropy_is_torchs_where_that_is_finite_and_tells_of_what_is_no_number():
    p = torch.tensor([0.0, 1e-9, 0.3, 1.0], requires_grad=True)
    y = torch.tensor([0.0, 1.0, 0.4, 1.0])
    expected = torch.nn.functional.binary_cross_entropy(p, y, reduction="none")
    assert torch.allclose(cross_entropy(p, y), expected, atol=1e-6)
    assert torch.isfinite(cross_entropy(1 - p, y)).all()
    assert cross_entropy(torch.tensor([float("nan")]), torch.ones(1)).isnan().all()
    cross_entropy(p[1], y[1]).backward()
    assert p.grad[1] < -1e8  # a tag that is missed by far still teaches


def test_class_members_are_those_of_the_store(store):
    assert class_members(store, "valid")[2].tolist() == store.members("valid")[2].tolist()

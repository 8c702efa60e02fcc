import numpy as np
import pytest
import torch
from planted import PlantedStore

from unweave.data.yamnet import PATCH, Yamnet
from unweave.taggers.small import SmallTagger
from unweave.training.distilling_resident import ResidentDistillingTask, _halved


@pytest.fixture(scope="module")
def store():
    return PlantedStore(train=(3, 3, 3), valid=(2, 2, 2))


class Hears(Yamnet):
    """A teacher of two classes that keeps what it was given."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(classes=2)
        self.waves: list[torch.Tensor] = []

    def forward(self, waveform):
        self.waves.append(waveform)
        return super().forward(waveform)


def made(store, teacher=None, batch=4, **arguments):
    torch.manual_seed(0)
    tagger = SmallTagger(3, widths=(8, 8, 16, 16, 16), dropout=0.0)
    which = np.array([1, 0]), np.array([0, 2])  # the teacher's second output is the first class, its first the last
    return ResidentDistillingTask(
        tagger, store, teacher or Hears(), *which, torch.device("cpu"), batch=batch, patches=2, **arguments
    )


def test_the_teacher_hears_the_crops_at_its_own_rate_and_fills_in_its_classes(store):
    teacher = Hears()
    batch = made(store, teacher).draw()
    (waves,) = teacher.waves
    assert waves.shape == (4, PATCH + 7680) and torch.allclose(waves.abs().amax(1), torch.ones(4), atol=0.3)
    assert batch.soft.shape == (4, 2, 3) and batch.features.shape == (4, 2, 1024)
    assert torch.equal(batch.soft[:, :, [2, 0]], teacher(waves)[0]) and batch.soft[:, :, 1].isnan().all()


def test_mixed_crops_have_the_tags_of_both(store):
    assert (made(store, mixed=0.0).draw().tags.sum(1) == 1).all()
    assert (made(store, mixed=1.0, batch=3).draw().tags.sum(1) == 2).all()


def test_draws_depend_on_the_seed_alone_and_can_go_on(store):
    one, two, three = made(store), made(store), made(store)
    assert torch.equal(one.draw().mel, two.draw().mel)
    three.load_state_dict(one.state_dict())
    assert torch.equal(one.draw().mel, three.draw().mel)


def test_a_batch_is_learnt(store):
    task = made(store)
    batch, losses = task.draw(), []
    optimiser = torch.optim.AdamW(task.net.train().parameters(), 2e-3)
    for _ in range(4):
        loss, values = task.loss(task.net, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] and values["features"] > 0
    assert 0 <= task.evaluate(task.net.eval())["accuracy planted"] <= 1
    assert task.names(batch) == batch.names and len(batch.names) == 4


def test_half_the_rate_keeps_a_tone_below_the_new_limit():
    time = torch.arange(3200) / 32000
    tone = torch.sin(2 * np.pi * 1000 * time)[None]
    assert torch.allclose(_halved(tone), tone[:, ::2], atol=1e-4)
    assert _halved(torch.sin(2 * np.pi * 12000 * time)[None]).abs().max() < 1e-3

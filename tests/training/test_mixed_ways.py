"""Several numbers of sources, miners and durations within one run: drawn for each batch, of the batch's seed alone."""

import pytest
import torch
from methods import Ear, method, planted

from unweave.data.miners import miners


class Spy(torch.nn.Module):
    """Stands in for the net and remembers what it was given."""

    def forward(self, mixture, target, tags):
        self.mixture, self.tags = mixture, tags
        return mixture.clone().requires_grad_()


STORE = planted(train=(3, 3, 3), valid=(2, 2, 2))


def task(**settings):
    return method(STORE, batch=6, **settings)


def test_each_batch_has_one_of_the_durations_and_all_of_them_come():
    made, spy, seen = task(seconds=(0.5, 0.25, 1.0)), Spy(), set()
    for _ in range(12):
        made.loss(spy, made.draw())
        seen.add(spy.mixture.shape[1])
    assert seen == {16000, 8000, 32000}
    assert made.valid.seconds == 0.5, "measured at the first, which the model's segments have"


def test_each_batch_has_one_of_the_numbers_of_sources():
    made, seen = task(sources=(2, 4), targets=None), set()
    spy = Spy()
    for _ in range(12):
        batch = made.draw()
        way = made.way(batch)
        made.loss(spy, batch)
        seen.add(way.sources)
        assert int(spy.tags.sum(1).max()) < way.sources
    assert seen == {2, 4}


def test_each_batch_has_one_of_the_miners_and_in_clip_among_them():
    made, spy, seen = task(), Spy(), set()
    made.miners = [miners.build(name) for name in ("detector", "out-clip", "in-clip")]
    for _ in range(16):
        batch = made.draw()
        seen.add(type(made.way(batch).miner).__name__)
        made.loss(spy, batch)
        assert len(spy.mixture) == 6
    assert seen == {"DetectorMiner", "OutClipMiner", "InClipMiner"} and isinstance(made.detector, Ear)


def test_the_way_depends_on_the_batch_alone_and_without_a_choice_nothing_changes():
    choices = {"seconds": (0.5, 0.25), "sources": (2, 3)}
    one, two = task(**choices), task(**choices)
    for _ in range(4):
        assert one.way(one.draw())[1:] == two.way(two.draw())[1:]
    spies = Spy(), Spy()
    for made, spy in zip((task(seconds=0.5, sources=2), task(seconds=(0.5,), sources=(2,))), spies, strict=True):
        made.loss(spy, made.draw())
    assert torch.equal(spies[0].mixture, spies[1].mixture)


@pytest.mark.parametrize("seconds", [(1.0, 0.5), (0.5, 1.0)])
def test_the_real_net_takes_every_duration(seconds):
    made = task(seconds=seconds)
    for _ in range(3):
        loss, _ = made.loss(made.net.train(), made.draw())
        assert loss.isfinite()

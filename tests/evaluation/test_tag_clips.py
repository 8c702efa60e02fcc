import numpy as np
import pytest
import torch
from planted import RATE, PlantedStore
from torch import nn

from unweave.evaluation import tag_clips as module
from unweave.evaluation.tag_clips import tag_clips


class Loudness(nn.Module):
    """The peak and the length of what it hears; keeps what shapes it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, waveform):
        assert not self.training
        self.shapes.append(tuple(waveform.shape))
        return torch.stack([waveform.abs().amax(1), torch.full((len(waveform),), waveform.shape[1] / 1e6)], 1)


@pytest.fixture
def store():
    store = PlantedStore(seconds=0.5, valid=(2, 2, 2))
    store.waves[1] = store.waves[1][:7000]
    store.waves[4] = store.waves[4][:7000]
    store.waves[5] = np.tile(store.waves[5], 3)
    return store


def test_clips_are_heard_whole_and_with_clips_of_their_length(store):
    net = Loudness().train()
    rows = np.array([5, 1, 0, 4, 2])
    out = tag_clips(net, store, rows, 2)
    assert out[:, 0] == pytest.approx([np.abs(store.waves[row]).max() for row in rows])
    assert out[:, 1] == pytest.approx([len(store.waves[row]) / 1e6 for row in rows])
    assert sorted(net.shapes) == [(1, 48000), (2, 7000), (2, 16000)]
    assert net.training


def test_a_batch_holds_only_so_many_seconds(store, monkeypatch):
    monkeypatch.setattr(module, "TOGETHER", 1.0)
    net = Loudness()
    tag_clips(net, store, store.rows("valid"), 2)
    assert all(batch == 1 or batch * length <= RATE for batch, length in net.shapes)


@pytest.mark.parametrize("place", [0, 20000, 47999])
def test_a_very_long_clip_is_heard_to_its_last_sample(store, monkeypatch, place):
    monkeypatch.setattr(module, "LONGEST", 0.4)
    store.waves[5][place] = 9.0
    net = Loudness()
    assert tag_clips(net, store, np.array([5]), 2)[0, 0] == 9.0
    assert max(length for _, length in net.shapes) == 12800


def test_no_clip_gives_no_row(store):
    assert tag_clips(Loudness(), store, np.array([], np.int64), 2).shape == (0, 2)

"""The paper's method on planted bursts, in a tiny size: a tagger that can be reasoned about, and the whole task."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from planted import PlantedStore

from unweave.conditions import conditions
from unweave.data.augmentations import build_augmentations
from unweave.data.energies import energies
from unweave.data.loader import ClipLoader
from unweave.data.miners import miners
from unweave.data.sampler import BalancedSampler, RandomSampler
from unweave.separators import Separator
from unweave.separators.resunet import ResUNet
from unweave.separators.small import SmallSeparator
from unweave.taggers.base import Tagger, Tags
from unweave.training.losses import l1
from unweave.training.method import MethodSettings, MethodTask, QueriedSeparator
from unweave.training.query import build_query


class Ear(Tagger):
    """Hears the loudest band: three classes by their frequencies, 20 times a second."""

    sample_rate, classes, embedding_dim, frame_rate = 32000, 3, 3, 20.0

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(3))

    def forward(self, waveform):
        frames = waveform.unfold(1, 1600, 1600)
        spectrum = torch.fft.rfft(frames).abs().square()
        hertz = torch.fft.rfftfreq(1600, 1 / 32000)
        low, high = hertz < 1000, (hertz > 2000) & (hertz < 4000)
        power = torch.stack(
            [spectrum[..., ~low & ~high].sum(-1) * 0.5, spectrum[..., low].sum(-1), spectrum[..., high].sum(-1)], -1
        )
        loud = (frames.square().mean(-1, keepdim=True) > 1e-4).float()
        frames = loud * power / power.sum(-1, keepdim=True).clamp(min=1e-9) * self.scale
        return Tags(frames.amax(1), frames, frames.mean(1))


def planted(seconds: float = 2.0, **each: tuple[int, int, int]) -> PlantedStore:
    """Planted sounds whose bandwidth is known."""
    store = PlantedStore(seconds, **each)
    store.bandwidths = np.full(len(store), 16000, np.float32)
    return store


def separator(name: str) -> Separator:
    """A small one, or a resunet: batch norms in every block, and no dropout."""
    if name == "small":
        return SmallSeparator(condition_dim=3, widths=(4, 4, 4), hidden=8)
    return ResUNet(3, window_size=512, hop=160, widths=(3, 4))


def method(
    store: PlantedStore,
    miner: str = "detector",
    condition: str = "soft",
    energy: str = "match",
    mode: str = "freeze",
    batch: int = 3,
    augment: dict[str, Any] | None = None,
    net: str = "small",
    sampler: str = "balanced",
    workers: int = 0,
    rank: int = 0,
    world: int = 1,
    **settings: Any,
) -> MethodTask:
    """The task on `store`; `batch` is that of each process."""
    torch.manual_seed(0)
    query = build_query(Ear(), conditions.build(condition, dim=3), mode)
    ranks = {"rank": rank, "world": world}
    draws = (
        BalancedSampler(store.members("train"), batch, 0, **ranks)
        if sampler == "balanced"
        else RandomSampler(store.rows("train"), batch, 0, classes=store.classes, **ranks)
    )
    return MethodTask(
        QueriedSeparator(query, separator(net)),
        Ear() if miner == "detector" else None,
        ClipLoader(store, draws, 2.0, workers=workers),
        store,
        miners.build(miner),
        energies.build(energy),
        build_augmentations(augment or {}, 32000),
        l1,
        MethodSettings(**{"seconds": 0.5, **settings}),
    )

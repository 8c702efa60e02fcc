"""The tagger in the box, learnt from crops that are cut, mixed and heard by the teacher on the device that trains.

What is learnt is what `unweave.training.distilling` says; only the drawing differs: whole batches, and YAMNet itself in
torch (`unweave.data.yamnet`), so that a GPU need not wait for a CPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from unweave.audio.energy import match_energy
from unweave.data.augment import TILT, TILTED
from unweave.data.resident import Filters, ResidentClips
from unweave.data.specaugment import draw_stripes, hide_stripes
from unweave.data.store import Store
from unweave.data.yamnet import Yamnet
from unweave.taggers.small import SmallTagger
from unweave.training.distilling import FLOOR_DB, MIXED_DB, QUIETEST_DB, SPEED, Crops, DistillingTask
from unweave.training.validation import LARGEST_FACTOR


class ResidentDistillingTask(DistillingTask):
    """As `DistillingTask`, with the clips, the teacher and all that is done to sounds on one device.

    Args:
        tagger: what is learnt.
        store: the clips.
        teacher: YAMNet.
        outputs: the teacher's outputs that are classes of the store, (n,).
        classes: these classes, (n,).
        device: on which all happens.
        batch, patches, seed, weights, mixed, choice, imitate: as for `DistillingTask`.
    """

    def __init__(
        self,
        tagger: SmallTagger,
        store: Store,
        teacher: Yamnet,
        outputs: np.ndarray[Any, np.dtype[np.int64]],
        classes: np.ndarray[Any, np.dtype[np.int64]],
        device: torch.device,
        batch: int,
        patches: int = 6,
        seed: int = 0,
        weights: dict[int, int] | None = None,
        mixed: float = 0.4,
        choice: float = 5.0,
        imitate: float = 10.0,
    ) -> None:
        super().__init__(
            tagger, store, (), batch, patches, seed, weights, mixed, choice, imitate, features=teacher.features
        )
        self.device = device
        self.teacher = teacher.to(device)
        self.outputs, self.classes = torch.from_numpy(outputs).to(device), torch.from_numpy(classes).to(device)
        self.clips = ResidentClips(store, store.rows("train"), device)
        self.filters = Filters(self.samples, store.sample_rate, device, tail=0.0)

    @torch.no_grad()
    def draw(self) -> Crops:
        """The next batch, on the device."""
        rng, number, device = self.rng, self.batch, self.device
        rows, _ = self.sampler.draw()
        rate, K = self.store.sample_rate, self.targets.shape[1]
        speeds = np.where(rng.random(number) < 0.5, np.exp(rng.uniform(-1, 1, number) * np.log1p(SPEED)), 1.0)
        room = np.maximum(self.store.lengths[rows] - self.samples * speeds, 0)
        starts = torch.from_numpy(np.floor(rng.random((2, number)) * room))  # whole: what keeps its speed is only read
        # Clips hold silence: of two places, the louder one.
        one, other = (self.clips.energies(rows, start, self.samples).cpu() for start in starts)
        start = torch.where(one >= other, starts[0], starts[1])
        waves = self.clips.cut(rows, start, torch.from_numpy(speeds), self.samples)
        tilts = rng.normal(0, TILT, number) * (rng.random(number) < TILTED)
        nyquist = rate / 2
        waves = self.filters(waves, self._on(tilts), self._on(np.full(number, nyquist)))
        mixed = rng.random(number) < self.mixed
        decibels = rng.uniform(-MIXED_DB, MIXED_DB, number)
        other = match_energy(waves, waves.roll(1, 0), LARGEST_FACTOR) * 10 ** (self._on(decibels)[:, None] / 20)
        waves = waves + other * self._on(mixed)[:, None]
        tags = self.targets[rows]
        tags = tags | (np.roll(tags, 1, 0) & mixed[:, None])
        limited = np.where(rng.random(number) < 0.3, rng.uniform(0.19, 0.75, number), 1.0) * nyquist
        waves = self.filters(waves, self._on(np.zeros(number)), self._on(limited))
        waves = waves / waves.abs().amax(1, keepdim=True).clamp(min=1e-4)
        scores, features = self.teacher(_halved(waves) if rate == 2 * Yamnet.sample_rate else waves)
        soft = torch.full((number, scores.shape[1], K), torch.nan, device=device)
        soft[:, :, self.classes] = scores[:, :, self.outputs]
        quiet = self._on(rng.uniform(-QUIETEST_DB, 0, (number, 1, 1)))
        mel = (self.net.tagger.mel(waves) + quiet).clamp(min=FLOOR_DB)
        stripes = torch.stack([draw_stripes(rng) for _ in range(number)]).to(device)
        mel = hide_stripes(mel, stripes)
        names = [self.store.name(int(row)) for row in rows]
        return Crops(mel, torch.from_numpy(tags).to(device), soft, features, names)

    def _on(self, values: Any) -> Tensor:
        return torch.as_tensor(np.asarray(values, np.float32), device=self.device)


def _halved(waves: Tensor) -> Tensor:
    """At half the sample rate, by leaving out the upper half of the spectrum: (B, T) -> (B, T / 2)."""
    samples = waves.shape[1] // 2
    lower: Tensor = torch.fft.irfft(torch.fft.rfft(waves)[:, : samples // 2 + 1], samples)
    return lower / 2

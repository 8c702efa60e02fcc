"""How the tagger in the box is learnt: from clip tags, and from what a teacher hears in the very same crop.

    clips -> louder of two places -> speed, tilt -> some mixed with another one -> band limit -> crop
    teacher(crop) -> its scores and features of each patch
    tagger(crop, at another level, with stripes hidden) ~ the clips' tags, the teacher's scores, the teacher's features

No two crops are the same, and the teacher hears each one as the tagger does: a few thousand clips make as many mixtures
as one likes, so that the tagger learns what the teacher does with any sound rather than what it said of these (Beyer et
al., 2022). Nothing here knows *when* a class sounds but the teacher's patches, and those come from a tagger that was
itself trained on clip tags: the labels stay weak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unweave.audio.energy import match_energy
from unweave.data.augment import band_limit, draw_speed, played
from unweave.data.sampler import BalancedSampler
from unweave.data.specaugment import draw_stripes, hide_stripes
from unweave.data.store import Store
from unweave.taggers.small import SmallTagger
from unweave.training.validation import LARGEST_FACTOR, loudest

PATCH_SECONDS, PATCH_HOP_SECONDS = 0.975, 0.48
SPEED = 0.15  # crops are played up to this much faster or slower
MIXED_DB = 8.0  # the second of two sounds is up to this much louder or softer than the first
QUIETEST_DB, FLOOR_DB = 35.0, -100.0

Wave = NDArray[np.float32]
Hears = Callable[[Wave, int], tuple[Wave, Wave | None]]
"""A waveform (T,) and its rate -> scores (patches, K), NaN for unknown classes, and features (patches, E) or None."""


class FrameLogits(nn.Module):
    """What is trained: a small tagger and, while it learns, a guess at its teacher's features.

    Args:
        tagger: what is kept.
        features: size of the teacher's features; 0 for none.
    """

    def __init__(self, tagger: SmallTagger, features: int = 0) -> None:
        super().__init__()
        self.tagger = tagger
        self.towards = nn.Linear(tagger.embedding_dim, features) if features else None
        # To a variance of one: the features of a classifier differ in size for no reason that matters here.
        self.scale = nn.BatchNorm1d(features, eps=1e-3, affine=False) if features else None

    def forward(self, mel: Tensor, span: tuple[int, int]) -> tuple[Tensor, Tensor | None]:
        """Logits of each frame and, in patches of `span` (length, hop) frames, the teacher's features as guessed.

        Shape:
            (B, F, M) -> (B, F', K), (B, patches, E)
        """
        logits, features = self.tagger.logits_of_mel(mel)
        return logits, None if self.towards is None else self.towards(_patches(features, span))


@dataclass
class Crops:
    """A batch: log-mel (B, F, M), tags (B, K), the teacher's scores (B, patches, K) and features (B, patches, E).

    Scores are NaN where the teacher knows nothing; features are None if they are not learnt. `names` are the clips.
    """

    mel: Tensor
    tags: Tensor
    soft: Tensor
    features: Tensor | None
    names: list[str]


class DistillingTask:
    """Learn a `SmallTagger` on crops that a teacher hears too.

    Args:
        tagger: what is learnt.
        store: the clips.
        teachers: the same teacher once for each thread that may listen.
        batch: crops a step.
        patches: length of a crop in patches of the teacher.
        seed: of every draw.
        weights: see `BalancedSampler`.
        mixed: share of the crops that are mixtures of two.
        choice: weight of the cross-entropy among the classes that tags name.
        imitate: weight of the squared error of the teacher's features, each scaled to a variance of one: what it hears
            in a sound is more than its scores say (Romero et al., 2015).
        features: how many numbers the teacher's features have; None: as many as the first one gives.
    """

    def __init__(
        self,
        tagger: SmallTagger,
        store: Store,
        teachers: Sequence[Hears],
        batch: int,
        patches: int = 6,
        seed: int = 0,
        weights: dict[int, int] | None = None,
        mixed: float = 0.4,
        choice: float = 5.0,
        imitate: float = 10.0,
        features: int | None = None,
    ) -> None:
        self.store, self.teachers, self.batch, self.patches = store, teachers, batch, patches
        self.mixed, self.choice, self.imitate = mixed, choice, imitate
        members = store.members("train")
        self.vocabulary = torch.tensor(sorted(key for key in members if key >= 0))
        self.sampler = BalancedSampler(members, batch, seed, weights)
        self.rng = np.random.default_rng(seed + 1)
        self.targets = store.targets()
        self.measured_on = f"{len(store.rows('valid'))} clips of the part valid"
        self.samples = round((PATCH_HOP_SECONDS * (patches - 1) + PATCH_SECONDS) * store.sample_rate)
        self.span = round(PATCH_SECONDS * tagger.frame_rate), round(PATCH_HOP_SECONDS * tagger.frame_rate)
        if features is None:
            heard = teachers[0](np.zeros(self.samples, np.float32), store.sample_rate)[1]
            features = 0 if heard is None else heard.shape[1]
        self.net = FrameLogits(tagger, features)

    def _crop(self, row: int) -> Wave:
        """An augmented crop of a clip, (T,); clips hold silence: of two places, the louder one."""
        rng, rate = self.rng, self.store.sample_rate
        speed = draw_speed(rng, SPEED, 0.5)
        length = int(self.samples * speed) + 2
        starts = rng.integers(0, max(1, int(self.store.lengths[row]) - length + 1), 2)
        places = [self.store.read(row, int(start), length) for start in starts]
        wave = max(places, key=lambda place: float(np.square(place).sum()))
        return played(wave, speed, self.samples, rate, rng)

    def _waves(self, rows: NDArray[np.int64]) -> tuple[Wave, NDArray[np.bool_]]:
        """Crops, some of them mixed, each with a peak of one, (B, T), and what they are tagged with, (B, K)."""
        rng, rate = self.rng, self.store.sample_rate
        crops, tags = [self._crop(int(row)) for row in rows], self.targets[rows].copy()
        waves = []
        for i, j in enumerate(np.roll(np.arange(len(rows)), 1)):
            wave = crops[i]
            if rng.random() < self.mixed:
                other = match_energy(wave, crops[j], LARGEST_FACTOR)
                wave = wave + other * np.float32(10 ** (rng.uniform(-MIXED_DB, MIXED_DB) / 20))
                tags[i] |= self.targets[rows[j]]
            if rng.random() < 0.3:  # collections differ in bandwidth
                wave = band_limit(wave, float(rng.uniform(0.19, 0.75)) * rate / 2, rate)
            waves.append(wave / max(float(np.abs(wave).max()), 1e-4))
        return np.stack(waves).astype(np.float32), tags

    def _heard(self, waves: Wave) -> tuple[Wave, Wave | None]:
        """What the teacher hears in each, (B, patches, K) and (B, patches, E); its threads share the batch."""
        parts = [range(i, len(waves), len(self.teachers)) for i in range(len(self.teachers))]

        def hear(teacher: Hears, part: range) -> list[tuple[Wave, Wave | None]]:
            return [teacher(waves[i], self.store.sample_rate) for i in part]

        with ThreadPoolExecutor(len(self.teachers)) as pool:
            by_part = list(pool.map(hear, self.teachers, parts))
        heard = [by_part[i % len(parts)][i // len(parts)] for i in range(len(waves))]
        features = None if heard[0][1] is None else np.stack([cast(Wave, features) for _, features in heard])
        return np.stack([scores for scores, _ in heard]), features

    @torch.no_grad()
    def draw(self) -> Crops:
        """The next batch."""
        rows, _ = self.sampler.draw()
        waves, tags = self._waves(rows)
        scores, features = self._heard(waves)
        device = next(self.net.parameters()).device
        mel = self.net.tagger.mel(torch.from_numpy(waves).to(device))
        # Levels differ; the teacher hears them all alike.
        quiet = torch.from_numpy(self.rng.uniform(-QUIETEST_DB, 0, (len(rows), 1, 1)).astype(np.float32))
        stripes = torch.stack([draw_stripes(self.rng) for _ in rows])
        mel = hide_stripes((mel + quiet.to(device)).clamp(min=FLOOR_DB), stripes.to(device))
        return Crops(
            mel,
            torch.from_numpy(tags),
            torch.from_numpy(scores),
            None if features is None else torch.from_numpy(features),
            [self.store.name(int(row)) for row in rows],
        )

    def names(self, batch: Crops) -> list[str]:
        """The clips of a batch."""
        return batch.names

    def loss(self, net: nn.Module, batch: Crops) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of the clip's tags, of the teacher's patches, and of the choice among tagged classes.

        To these comes the error of the teacher's features, if they are learnt.
        """
        tags, soft = batch.tags, batch.soft
        logits, guessed = net(batch.mel, self.span)
        frames = torch.sigmoid(logits)
        clip = self.net.tagger.pool(frames)
        known = ~soft.isnan()
        soft = soft.nan_to_num()
        wanted = torch.where(tags, 1.0, soft.mean(1))
        on = known.any(1) | tags
        clip_loss = (_cross_entropy(clip, wanted) * on).sum(1).mean()
        patches = _patches(frames, self.span)
        # A tagged class follows the teacher's curve scaled to reach one, so that it is also learnt where it sounds.
        peak = soft.amax(1, keepdim=True)
        shaped = torch.where(tags[:, None] & (peak > 0.05), soft / peak.clamp(min=0.05), soft)
        patch_loss = _cross_entropy(patches[:, : self.patches], shaped)
        patch_loss = (patch_loss * known).sum(2).mean()
        vocabulary = self.vocabulary.to(tags.device)
        named = tags[:, vocabulary].float()
        # log-sum-exp over time: the frames in which a class is likeliest speak for the clip.
        chosen = torch.log_softmax(torch.logsumexp(logits[:, :, vocabulary], 1), 1)
        choice = -(chosen * named).sum(1).div(named.sum(1).clamp(min=1)).mean()
        loss = clip_loss + patch_loss + self.choice * choice
        values = {"clip": clip_loss.item(), "patches": patch_loss.item(), "choice": choice.item()}
        if guessed is not None and batch.features is not None:
            assert self.net.scale is not None
            wanted = self.net.scale(batch.features.flatten(0, 1)).view_as(batch.features)
            features = (guessed[:, : self.patches].float() - wanted).square().mean()
            loss, values["features"] = loss + self.imitate * features, features.item()
        return loss, values

    @torch.no_grad()
    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """Share of the tagged valid clips whose class is the likeliest of their data set's, in the loudest 2 s.

        One figure for each data set that has more than one class among its valid clips.
        """
        by_dataset: dict[str, list[tuple[int, int]]] = {}
        for row in self.store.rows("valid").tolist():
            classes = self.store.classes(row)
            if len(classes) == 1:
                by_dataset.setdefault(self.store.clips[row].dataset, []).append((row, classes[0]))
        return {
            f"accuracy {dataset}": self._accuracy(net, clips)
            for dataset, clips in sorted(by_dataset.items())
            if len({key for _, key in clips}) > 1
        }

    def _accuracy(self, net: nn.Module, clips: list[tuple[int, int]]) -> float:
        named = torch.tensor(sorted({key for _, key in clips}))
        device, mel = next(net.parameters()).device, self.net.tagger.mel
        right = 0
        for i in range(0, len(clips), 32):
            part = clips[i : i + 32]
            waves = torch.from_numpy(np.stack([loudest(self.store, row, 2.0) for row, _ in part]))
            logits = net(mel(waves.to(mel.matrix.device)).to(device), self.span)[0]
            clip = self.net.tagger.pool(torch.sigmoid(logits.float())).cpu()
            right += int((named[clip[:, named].argmax(1)] == torch.tensor([key for _, key in part])).sum())
        return right / len(clips)

    def state_dict(self) -> dict[str, Any]:
        """Sampler and random state."""
        return {"sampler": self.sampler.state_dict(), "random": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.sampler.load_state_dict(state["sampler"])
        self.rng.bit_generator.state = state["random"]


def _patches(frames: Tensor, span: tuple[int, int]) -> Tensor:
    """The mean of each of the teacher's patches: (B, F, C), (length, hop) in frames -> (B, patches, C)."""
    return nn.functional.avg_pool1d(frames.transpose(1, 2), span[0], span[1]).transpose(1, 2)


def _cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    # In 32 bits, and with gradients held back where the probability is all but 0 or 1.
    p = probabilities.float().clamp(1e-6, 1 - 1e-6)
    return -(targets * p.log() + (1 - targets) * torch.log1p(-p))

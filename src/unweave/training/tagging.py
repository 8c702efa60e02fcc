"""How the tagger-detector is learnt: from clip tags, and from the soft scores of a teacher that was.

Nothing here knows *when* a class sounds but the teacher's patches, and those come from a tagger that was itself
trained on clip tags: the labels stay weak.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unweave.data.loudest import loudest_start
from unweave.data.sampler import BalancedSampler
from unweave.data.store import Store
from unweave.taggers.small import SmallTagger

PATCH_SECONDS, PATCH_HOP_SECONDS = 0.96, 0.48
FLOOR_DB = -100.0


def class_members(store: Store, split: str) -> dict[int, list[int]]:
    """The clips of each class in a split; those without a class stand under -1."""
    members: dict[int, list[int]] = {}
    for row, clip in enumerate(store.clips):
        if clip.split == split:
            for key in clip.classes or (-1,):
                members.setdefault(key, []).append(row)
    return members


class TaggingTask:
    """Learn a `SmallTagger` on crops of log-mel spectrograms, pairs of them mixed.

    Args:
        net: the tagger.
        store: the clips.
        soft: the teacher's scores of each clip, (patches, K), NaN where it does not know the class.
        batch: crops a step.
        patches: length of a crop in patches of the teacher.
        seed: of every draw.
        weights: see `BalancedSampler`.
        mixed: share of the crops that are mixtures of two.
        choice: weight of the cross-entropy among the classes that tags name.
        progress: told of the clips whose spectrogram has been computed.
    """

    def __init__(
        self,
        net: SmallTagger,
        store: Store,
        soft: list[NDArray[np.float16]],
        batch: int,
        patches: int = 6,
        seed: int = 0,
        weights: dict[int, int] | None = None,
        mixed: float = 0.4,
        choice: float = 5.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.net, self.store, self.batch, self.patches, self.mixed, self.choice = (
            net,
            store,
            batch,
            patches,
            mixed,
            choice,
        )
        members = class_members(store, "train")
        self.vocabulary = torch.tensor(sorted(key for key in members if key >= 0))
        self.sampler = BalancedSampler(members, batch, seed, weights)
        self.rng = np.random.default_rng(seed + 1)
        self.targets = store.targets(net.classes)
        self.soft = soft
        self.mels = self._spectrograms(progress)
        rate = store.sample_rate / 320
        self.hop, self.crop = (
            round(PATCH_HOP_SECONDS * rate),
            round((PATCH_HOP_SECONDS * (patches - 1) + PATCH_SECONDS) * rate),
        )
        self.span = round(PATCH_SECONDS * net.frame_rate), round(PATCH_HOP_SECONDS * net.frame_rate)

    @torch.no_grad()
    def _spectrograms(self, progress: Callable[[int, int], None] | None) -> list[NDArray[np.float16]]:
        mels = []
        for row, length in enumerate(self.store.lengths):
            wave = torch.from_numpy(self.store.read(row, 0, int(length)))
            mels.append(self.net.mel(wave[None])[0, : int(length) // 320].half().numpy())
            if progress:
                progress(row + 1, len(self.store.lengths))
        return mels

    def _crop(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A crop (frames, M) that starts on the teacher's grid, and the teacher's scores in it (patches, K)."""
        mel, soft = self.mels[row], self.soft[row]
        starts = self.rng.integers(0, max(1, len(soft) - self.patches + 1), 2)
        # Clips hold silence: of two places, the louder one.
        start = max(starts, key=lambda s: float(mel[s * self.hop : s * self.hop + self.crop].max(initial=FLOOR_DB)))
        frames = np.full((self.crop, mel.shape[1]), FLOOR_DB, np.float32)
        piece = mel[start * self.hop : start * self.hop + self.crop]
        frames[: len(piece)] = piece
        scores = np.full((self.patches, soft.shape[1]), np.nan, np.float32)
        known = soft[start : start + self.patches]
        scores[: len(known)] = known
        return self._augment(frames), scores

    def _augment(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = self.rng
        mel = mel + rng.uniform(-25, 10)
        if rng.random() < 0.3:  # collections differ in bandwidth
            mel[:, rng.integers(44, 64) :] = FLOOR_DB
        mel += np.linspace(-1, 1, mel.shape[1], dtype=np.float32) * rng.normal(0, 3)
        return np.maximum(mel, FLOOR_DB)

    def _mask(self, mel: NDArray[np.float32]) -> None:
        """SpecAugment (Park et al., 2019): one stripe of bands and one of frames."""
        bands, frames = self.rng.integers(0, 10), self.rng.integers(0, 40)
        band, frame = self.rng.integers(0, mel.shape[1] - bands), self.rng.integers(0, mel.shape[0] - frames)
        mel[:, band : band + bands] = FLOOR_DB
        mel[frame : frame + frames] = FLOOR_DB

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """A batch: log-mel (B, frames, M), tags (B, K), the teacher's scores (B, patches, K)."""
        rows, _ = self.sampler.draw()
        mels, softs, tags = [], [], self.targets[rows].copy()
        for row in rows:
            mel, soft = self._crop(int(row))
            mels.append(mel)
            softs.append(soft)
        partner = np.roll(np.arange(self.batch), 1)
        mixed_mels = []
        for i, j in enumerate(partner):
            mel = mels[i]
            if self.rng.random() < self.mixed:
                other = mels[j] + (mel.max() - mels[j].max()) + self.rng.uniform(-6, 6)
                mel = 10 * np.log10(10 ** (mel / 10) + 10 ** (other / 10))
                tags[i] |= self.targets[rows[j]]
                softs[i] = np.fmax(softs[i], softs[j])
            mel = mel.copy()
            self._mask(mel)
            mixed_mels.append(mel)
        return torch.from_numpy(np.stack(mixed_mels)), torch.from_numpy(tags), torch.from_numpy(np.stack(softs))

    def loss(self) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy of the clip's tags, of the teacher's patches, and of the choice among tagged classes."""
        mel, tags, soft = self.draw()
        logits, _ = self.net.logits_of_mel(mel)
        frames = torch.sigmoid(logits)
        clip = self.net.pool(frames).clamp(1e-6, 1 - 1e-6)
        known = ~soft.isnan()
        soft = soft.nan_to_num()
        wanted = torch.where(tags, 1.0, soft.mean(1))
        on = known.any(1) | tags
        clip_loss = (nn.functional.binary_cross_entropy(clip, wanted, reduction="none") * on).sum(1).mean()
        patches = nn.functional.avg_pool1d(frames.transpose(1, 2), self.span[0], self.span[1]).transpose(1, 2)
        # A tagged class follows the teacher's curve scaled to reach one, so that it is also learnt where it sounds.
        peak = soft.amax(1, keepdim=True)
        shaped = torch.where(tags[:, None] & (peak > 0.05), soft / peak.clamp(min=0.05), soft)
        patch_loss = nn.functional.binary_cross_entropy(
            patches[:, : self.patches].clamp(1e-6, 1 - 1e-6), shaped, reduction="none"
        )
        patch_loss = (patch_loss * known).sum(2).mean()
        named = tags[:, self.vocabulary].float()
        # log-sum-exp over time: the frames in which a class is likeliest speak for the clip.
        chosen = torch.log_softmax(torch.logsumexp(logits[:, :, self.vocabulary], 1), 1)
        choice = -(chosen * named).sum(1).div(named.sum(1).clamp(min=1)).mean()
        loss = clip_loss + patch_loss + self.choice * choice
        return loss, {"clip": clip_loss.item(), "patches": patch_loss.item(), "choice": choice.item()}

    @torch.no_grad()
    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """Share of the tagged valid clips whose class is the likeliest of their data set's, in the loudest 2 s.

        One figure for each data set that has more than one class among its valid clips.
        """
        out = {}
        valid = [row for row, clip in enumerate(self.store.clips) if clip.split == "valid" and len(clip.classes) == 1]
        for dataset in sorted({self.store.clips[row].dataset for row in valid}):
            rows = [row for row in valid if self.store.clips[row].dataset == dataset]
            named = sorted({self.store.clips[row].classes[0] for row in rows})
            if len(named) < 2:
                continue
            right = 0
            for i in range(0, len(rows), 32):
                part = rows[i : i + 32]
                waves = torch.from_numpy(np.stack([loudest(self.store, row, 2.0) for row in part]))
                guess = net(waves).clip[:, named].argmax(1)
                right += sum(
                    named[int(g)] == self.store.clips[row].classes[0] for g, row in zip(guess, part, strict=True)
                )
            out[f"accuracy {dataset}"] = right / len(rows)
        return out

    def state_dict(self) -> dict[str, Any]:
        """Sampler and random state."""
        return {"sampler": self.sampler.state_dict(), "random": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.sampler.load_state_dict(state["sampler"])
        self.rng.bit_generator.state = state["random"]


def loudest(store: Store, row: int, seconds: float) -> NDArray[np.float32]:
    """The stretch of a clip with the most energy, (T,)."""
    length = round(seconds * store.sample_rate)
    wave = store.read(row, 0, max(length, int(store.lengths[row])))
    start = loudest_start(wave, length)
    return wave[start : start + length]

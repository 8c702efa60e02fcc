"""How the tagger in the box is learnt: from clip tags, and from the soft scores of a teacher that was.

Nothing here knows *when* a class sounds but the teacher's patches, and those come from a tagger that was itself trained
on clip tags: the labels stay weak. Made for a few thousand clips, whose spectrograms are all kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unweave.data.sampler import BalancedSampler
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.taggers.small import SmallTagger
from unweave.training.validation import loudest

PATCH_SECONDS, PATCH_HOP_SECONDS = 0.96, 0.48
FLOOR_DB = -100.0


class FrameLogits(nn.Module):
    """What is trained: a small tagger from its log-mel spectrogram on, since that is where training augments.

    Args:
        tagger: what is kept.
        features: size of the teacher's features, which the tagger's are mapped to while it learns; 0 for none.
    """

    def __init__(self, tagger: SmallTagger, features: int = 0) -> None:
        super().__init__()
        self.tagger = tagger
        self.towards = nn.Linear(tagger.embedding_dim, features) if features else None

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

    Both are NaN where the teacher knows nothing; features are None if they are not learnt. `names` are the clips.
    """

    mel: Tensor
    tags: Tensor
    soft: Tensor
    features: Tensor | None
    names: list[str]


class DistillingTask:
    """Learn a `SmallTagger` on crops of log-mel spectrograms, pairs of them mixed.

    Args:
        tagger: what is learnt.
        store: the clips.
        soft: the teacher's scores of each clip, (patches, K), NaN where it does not know the class.
        batch: crops a step.
        patches: length of a crop in patches of the teacher.
        seed: of every draw.
        weights: see `BalancedSampler`.
        mixed: share of the crops that are mixtures of two.
        choice: weight of the cross-entropy among the classes that tags name.
        features: the teacher's features of each clip, (patches, E): what it hears in a sound is more than its scores
            say, and a tagger that has to tell it too learns from few clips what many have taught (Romero et al., 2015).
        imitate: weight of the squared error of these features, each scaled to a variance of one.
        progress: told of the clips whose spectrogram has been computed.

    Raises:
        UnweaveError: soft labels that are not those of the clips.
    """

    def __init__(
        self,
        tagger: SmallTagger,
        store: Store,
        soft: list[NDArray[np.float16]],
        batch: int,
        patches: int = 6,
        seed: int = 0,
        weights: dict[int, int] | None = None,
        mixed: float = 0.4,
        choice: float = 5.0,
        features: list[NDArray[np.float16]] | None = None,
        imitate: float = 10.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        if len(soft) != len(store):
            raise UnweaveError(
                f"There are soft labels of {len(soft)} clips and {len(store)} clips; delete the labels, so that the "
                "teacher hears the clips again."
            )
        self.features, self.imitate = _scaled(features, store.rows("train")), imitate
        self.net = FrameLogits(tagger, self.features[0].shape[1] if self.features else 0)
        self.store, self.batch, self.patches, self.mixed, self.choice = store, batch, patches, mixed, choice
        members = store.members("train")
        self.vocabulary = torch.tensor(sorted(key for key in members if key >= 0))
        self.sampler = BalancedSampler(members, batch, seed, weights)
        self.rng = np.random.default_rng(seed + 1)
        self.targets = store.targets()
        self.soft = soft
        self.mels = self._spectrograms(progress)
        rate = store.sample_rate / 320
        self.hop = round(PATCH_HOP_SECONDS * rate)
        self.crop = round((PATCH_HOP_SECONDS * (patches - 1) + PATCH_SECONDS) * rate)
        self.span = round(PATCH_SECONDS * tagger.frame_rate), round(PATCH_HOP_SECONDS * tagger.frame_rate)

    @torch.no_grad()
    def _spectrograms(self, progress: Callable[[int, int], None] | None) -> list[NDArray[np.float16]]:
        mels = []
        for row, length in enumerate(self.store.lengths.tolist()):
            wave = torch.from_numpy(self.store.read(row, 0, length))
            mels.append(self.net.tagger.mel(wave[None])[0, : length // 320].half().numpy())
            if progress:
                progress(row + 1, len(self.store))
        return mels

    def _crop(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        """A crop (frames, M) that starts on the teacher's grid, the teacher's scores in it and its features."""
        mel, soft = self.mels[row], self.soft[row]
        starts = self.rng.integers(0, max(1, len(soft) - self.patches + 1), 2)
        # Clips hold silence: of two places, the louder one.
        start = max(starts, key=lambda s: float(mel[s * self.hop : s * self.hop + self.crop].max(initial=FLOOR_DB)))
        frames = np.full((self.crop, mel.shape[1]), FLOOR_DB, np.float32)
        piece = mel[start * self.hop : start * self.hop + self.crop]
        frames[: len(piece)] = piece
        features = None if self.features is None else self._taught(self.features[row], start)
        return self._augment(frames), self._taught(soft, start), features

    def _taught(self, values: NDArray[Any], start: int) -> NDArray[np.float32]:
        """What the teacher says of a crop's patches, (patches, ...); NaN beyond the clip."""
        taught = np.full((self.patches, values.shape[1]), np.nan, np.float32)
        known = values[start : start + self.patches]
        taught[: len(known)] = known
        return taught

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

    def draw(self) -> Crops:
        """The next batch."""
        rows, _ = self.sampler.draw()
        mels, softs, features, tags = [], [], [], self.targets[rows].copy()
        for row in rows:
            mel, soft, feature = self._crop(int(row))
            mels.append(mel)
            softs.append(soft)
            features.append(feature)
        partner = np.roll(np.arange(self.batch), 1)
        mixed_mels = []
        for i, j in enumerate(partner):
            mel = mels[i]
            if self.rng.random() < self.mixed:
                other = mels[j] + (mel.max() - mels[j].max()) + self.rng.uniform(-6, 6)
                mel = 10 * np.log10(10 ** (mel / 10) + 10 ** (other / 10))
                tags[i] |= self.targets[rows[j]]
                softs[i] = np.fmax(softs[i], softs[j])
                if features[i] is not None:
                    features[i] = np.full_like(features[i], np.nan)  # of a mixture they are nobody's mean
            mel = mel.copy()
            self._mask(mel)
            mixed_mels.append(mel)
        names = [self.store.name(int(row)) for row in rows]
        crops, heard = torch.from_numpy(np.stack(mixed_mels)), torch.from_numpy(np.stack(softs))
        layer = None if self.features is None else torch.from_numpy(np.stack([f for f in features if f is not None]))
        return Crops(crops, torch.from_numpy(tags), heard, layer, names)

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
            there = ~batch.features.isnan()
            error = (guessed[:, : self.patches].float() - batch.features.nan_to_num()).square() * there
            features = error.sum() / there.sum().clamp(min=1)
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


def _scaled(features: list[NDArray[np.float16]] | None, rows: NDArray[np.int64]) -> list[NDArray[np.float16]] | None:
    """Each feature with a mean of 0 and a variance of 1 over the training clips."""
    if features is None:
        return None
    known = np.concatenate([features[row] for row in rows.tolist()]).astype(np.float32)
    mean, deviation = known.mean(0), known.std(0) + 1e-3
    return [((feature - mean) / deviation).astype(np.float16) for feature in features]


def _cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    # In 32 bits, and with gradients held back where the probability is all but 0 or 1.
    p = probabilities.float().clamp(1e-6, 1 - 1e-6)
    return -(targets * p.log() + (1 - targets) * torch.log1p(-p))

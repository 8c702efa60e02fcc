"""Any tagger learnt from clip tags alone, as PANNs are (Kong et al., 2020, Sections III and IV).

    clips, every class equally often -> mixup, SpecAugment -> tagger -> binary cross-entropy with the tags

A detector needs nothing more: it pools the decisions of its frames to that of the clip, so learning what a clip holds
teaches it what each frame does, though nobody has said when a class sounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from unweave.data.loader import ClipLoader
from unweave.data.mixup import draw_ratio, mix
from unweave.data.specaugment import draw_stripes
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.evaluation.tag_clips import tag_clips
from unweave.evaluation.tagging import score_tagging
from unweave.taggers import Tagger
from unweave.training.augmented import AugmentedTagger


@dataclass
class TaggedClips:
    """A batch: waveforms (B, T), what they hold (B, K) in [0, 1], and how their spectrograms are augmented.

    `ratio` and `stripes` are those of `AugmentedTagger`, or None; `names` are the clips.
    """

    waveform: Tensor
    targets: Tensor
    ratio: Tensor | None
    stripes: Tensor | None
    names: list[str]


class TaggingTask:
    """Learn a tagger from the tags of clips.

    Args:
        tagger: any; K is the number of the store's classes.
        store: the clips.
        loader: of its training clips. Its batches say by their seed all that is drawn here.
        mixup: share of the clips that another one of the batch is mixed into.
        mixed: what is mixed, "spectrogram" or "waveform".
        mask: whether SpecAugment hides stripes of the spectrograms.
        soft: probabilities that a teacher gives the clips, (clips, K), NaN where it knows nothing. What a tag says
            stays 1; what the teacher does not know is 0 without a tag.
        most: valid clips that `evaluate` listens to, spread over all of them; None for all.

    Raises:
        UnweaveError: tagger and store do not fit, nothing to learn, or nothing to augment.
    """

    def __init__(
        self,
        tagger: Tagger,
        store: Store,
        loader: ClipLoader,
        mixup: float = 0.5,
        mixed: Literal["spectrogram", "waveform"] = "spectrogram",
        mask: bool = True,
        soft: ArrayLike | None = None,
        most: int | None = None,
    ) -> None:
        self.net = AugmentedTagger(tagger)
        self.store, self.loader, self.mixup, self.mixed, self.mask = store, loader, mixup, mixed, mask
        self.most = most
        self._check(tagger)
        self.measured_on = f"{len(self._judged('valid'))} clips of the part valid"
        self.soft = None if soft is None else np.asarray(soft)
        if self.soft is not None and self.soft.shape != (len(store), tagger.classes):
            raise UnweaveError(
                f"Soft labels are (clips, classes), here {(len(store), tagger.classes)}, not {self.soft.shape}."
            )

    def _check(self, tagger: Tagger) -> None:
        known, rate = len(self.store.vocabulary), self.store.sample_rate
        if tagger.classes != known:
            raise UnweaveError(
                f"The tagger tells {tagger.classes} classes apart and the clips are tagged with {known}; "
                f"build it with classes: {known}."
            )
        if tagger.sample_rate != rate:
            raise UnweaveError(
                f"The tagger hears {tagger.sample_rate} Hz and the clips are stored at {rate} Hz; "
                f"prepare them at {tagger.sample_rate} Hz."
            )
        if not any(key >= 0 for key in self.store.members("train")):
            raise UnweaveError("No training clip has a tag, so there is nothing to learn; tag some clips first.")
        if not 0 <= self.mixup <= 1:
            raise UnweaveError(f"The share of clips that are mixed lies between 0 and 1, not at {self.mixup}.")
        inside = self.mask or (self.mixup > 0 and self.mixed == "spectrogram")
        if inside and not self.net.fronts:
            raise UnweaveError(
                f"{type(tagger).__name__} has no log-mel spectrogram to augment; turn masks off and mix waveforms."
            )

    def _wanted(self, rows: NDArray[np.int64]) -> Tensor:
        tags = self.store.targets(rows).astype(np.float32)
        if self.soft is not None:
            tags = np.maximum(tags, np.nan_to_num(self.soft[rows]).astype(np.float32))
        return torch.from_numpy(tags)

    def draw(self) -> TaggedClips:
        """The next batch."""
        clips = next(self.loader)
        # The loader draws from the seed itself; another stream of it is free.
        rng = np.random.default_rng([clips.seed, 1])
        waveform, targets = clips.waveform, self._wanted(clips.rows.numpy())
        everyone = range(clips.world * len(clips.rows))  # of all processes: no two draw the same
        ratio = torch.tensor([draw_ratio(rng, self.mixup) for _ in everyone])[clips.part]
        targets = mix(targets, targets.roll(1, dims=0), ratio)
        if self.mixed == "waveform":
            waveform = mix(waveform, waveform.roll(1, dims=0), ratio)
        stripes = torch.stack([draw_stripes(rng) for _ in everyone])[clips.part] if self.mask else None
        inside = self.mixed == "spectrogram" and self.mixup > 0
        return TaggedClips(waveform, targets, ratio if inside else None, stripes, clips.names)

    def names(self, batch: TaggedClips) -> list[str]:
        """The clips of a batch."""
        return batch.names

    def loss(self, net: nn.Module, batch: TaggedClips) -> tuple[Tensor, dict[str, float]]:
        """Binary cross-entropy of the clips' probabilities, the mean over clips and classes."""
        loss = cross_entropy(net(batch.waveform, batch.ratio, batch.stripes), batch.targets).mean()
        return loss, {"cross-entropy": loss.item()}

    def judge(self, net: nn.Module, split: str = "valid") -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Probabilities of a split's clips and what they hold, as `score_tagging` and `class_thresholds` take them.

        Shape:
            -> (clips, K), (clips, K)
        """
        rows = self._judged(split)
        return tag_clips(net, self.store, rows, self.net.tagger.classes), self.store.targets(rows)

    def _judged(self, split: str) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = np.asarray(self.store.rows(split), np.int64)
        if self.most is not None and len(rows) > self.most:
            rows = rows[np.linspace(0, len(rows) - 1, self.most).astype(int)]
        return rows

    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """mAP, AUC and d-prime on whole valid clips, and "accuracy".

        The latter is the share of the clips with one tag whose class is the likeliest of those that such clips have.
        """
        scores, targets = self.judge(net)
        if not np.isfinite(scores).all():  # a run that has gone wrong is the loop's to report
            return {}
        out = score_tagging(scores, targets).summary()
        single = targets.sum(1) == 1
        named = np.flatnonzero(targets[single].any(0))
        if len(named) > 1:
            right = scores[single][:, named].argmax(1) == targets[single][:, named].argmax(1)
            out["accuracy"] = float(right.mean())
        return out

    def state_dict(self) -> dict[str, Any]:
        """The place among the clips; there is no other state, since batches bring their seeds."""
        return {"loader": self.loader.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.loader.load_state_dict(state["loader"])


def cross_entropy(probabilities: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy of probabilities, element by element, in 32 bits.

    Torch's own is refused under autocast and ends the process on a probability that is not a number; here such a one
    gives a loss that is none either, and the loop can name the clips.

    Shape:
        (B, K), (B, K) -> (B, K)
    """
    p = probabilities.float()
    # The nearest that 32 bits come to 0 and to 1 without a logarithm that is infinite, or a gradient.
    yes, no = p.clamp(min=1e-20).log(), torch.log1p(-p.clamp(max=1 - 2**-23))
    return -(targets * yes + (1 - targets) * no)


def class_members(store: Store, split: str) -> dict[int, NDArray[np.int64]]:
    """The clips of each class in a split; those without a class stand under -1."""
    members: dict[int, NDArray[np.int64]] = store.members(split)
    return members

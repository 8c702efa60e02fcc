"""Strategies that say where in their clips anchors lie (Table 7), for a whole batch at once on its device.

Random numbers are drawn on the CPU from the generator handed in and what is made of them is exact, so that the random
places depend on the seed alone, on any device.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from unweave.data.anchors import anchor_samples, anchor_scores
from unweave.errors import UnweaveError
from unweave.registry import Registry


class Miner(ABC):
    """Where the anchors of a batch of clips start.

    Attributes:
        needs_curve: it wants the detector's curve of each clip's class.
        one_clip: the sources of a mixture are segments of *one* clip: ask for as many `segments` as a mixture has
            sources, and mix them as they come (they share their class, so there is nothing to check). Otherwise ask for
            one segment of each clip, and mix those of the clips that `unweave.data.pairing` puts together.
    """

    needs_curve = False
    one_clip = False

    @abstractmethod
    def __call__(
        self,
        lengths: Tensor,
        seconds: float,
        sample_rate: int,
        generator: torch.Generator,
        *,
        segments: int = 1,
        curve: Tensor | None = None,
        frame_rate: float | None = None,
    ) -> Tensor:
        """First samples of the anchors, for `unweave.data.anchors.cut`.

        An anchor lies inside its clip; that of a clip which is shorter starts with the clip.

        Args:
            lengths: samples of each clip without its padding, (B,); the result is on their device.
            seconds: length of an anchor, tau; the paper's 2, and 0.5 to 10 in Table 6.
            sample_rate: of the clips, in Hz.
            generator: on the CPU; each call takes the same number of draws whatever the clips are.
            segments: S, anchors of each clip.
            curve: the detector's probabilities of the class wanted in each clip, (B, F), see
                `unweave.data.anchors.class_curve`; only for a miner that `needs_curve`.
            frame_rate: of the curve, in frames per second.

        Shape:
            -> (B, S), int64

        Raises:
            UnweaveError: the curve that is needed is not there.
        """


miners: Registry[Miner] = Registry("anchor mining", "unweave.data")


def _latest(lengths: Tensor, samples: int) -> Tensor:
    """The last place at which an anchor may start, (B, 1)."""
    return (lengths - samples).clamp(min=0)[:, None]


def _scaled(chance: Tensor, limit: Tensor) -> Tensor:
    """Whole numbers 0 .. `limit`, evenly, of chances in [0, 1)."""
    # A product of two float32 is the same number on every device.
    return torch.minimum((chance.to(limit.device) * (limit + 1).float()).long(), limit)


@miners.register("detector")
class DetectorMiner(Miner):
    """The largest area under the detector's curve (equations 3 and 4): the paper's choice.

    Args:
        share: 1 for the best place; below that, one drawn evenly from those that reach this share of the best
            score, which teaches more where clips are few. Places that tie are drawn from in any case.
    """

    needs_curve = True

    def __init__(self, share: float = 1.0) -> None:
        if not 0 < share <= 1:
            raise UnweaveError(f"The share of the best score lies above 0 and up to 1; got {share}.")
        self.share = share

    def __call__(
        self,
        lengths: Tensor,
        seconds: float,
        sample_rate: int,
        generator: torch.Generator,
        *,
        segments: int = 1,
        curve: Tensor | None = None,
        frame_rate: float | None = None,
    ) -> Tensor:
        """See `Miner`."""
        if curve is None or frame_rate is None:
            raise UnweaveError(
                "Anchors where a detector hears their class need its curve; take a tagger with framewise output, or "
                "mine at random ('out-clip')."
            )
        chance = torch.rand(len(lengths), segments, generator=generator)
        latest = _latest(lengths, anchor_samples(seconds, sample_rate))
        scores = anchor_scores(curve.to(lengths.device), seconds, frame_rate)  # (B, places)
        starts = (torch.arange(scores.shape[1], device=lengths.device) * (sample_rate / frame_rate)).round().long()
        # Places that only padding follows are no anchors; the first place always is one.
        scores = scores.masked_fill(starts > latest, -1.0)
        good = scores >= self.share * scores.amax(1, keepdim=True)
        wanted = _scaled(chance, good.sum(1, keepdim=True) - 1)  # (B, S)
        count = good.cumsum(1) - 1
        found = good[:, None] & (count[:, None] == wanted[..., None])  # exactly one place in each row
        return torch.minimum(starts[found.int().argmax(2)], latest)


@miners.register("out-clip")
class OutClipMiner(Miner):
    """A place drawn evenly over the whole clip; the sources of a mixture are of different clips."""

    def __call__(
        self,
        lengths: Tensor,
        seconds: float,
        sample_rate: int,
        generator: torch.Generator,
        *,
        segments: int = 1,
        curve: Tensor | None = None,
        frame_rate: float | None = None,
    ) -> Tensor:
        """See `Miner`."""
        chance = torch.rand(len(lengths), segments, generator=generator)
        return _scaled(chance, _latest(lengths, anchor_samples(seconds, sample_rate)))


@miners.register("in-clip")
class InClipMiner(Miner):
    """Segments of one clip, in a random order, that share no sample if the clip is long enough.

    In a clip too short for that they lie as far apart as they can; in one shorter than an anchor they are the same.
    """

    one_clip = True

    def __call__(
        self,
        lengths: Tensor,
        seconds: float,
        sample_rate: int,
        generator: torch.Generator,
        *,
        segments: int = 2,
        curve: Tensor | None = None,
        frame_rate: float | None = None,
    ) -> Tensor:
        """See `Miner`."""
        chance = torch.rand(len(lengths), segments, generator=generator)
        order = torch.rand(len(lengths), segments, generator=generator).argsort(1).to(lengths.device)
        samples = anchor_samples(seconds, sample_rate)
        number = torch.arange(segments, device=lengths.device)
        # What a clip has left beside its anchors is parted at random; the anchors stand between the parts.
        spare = lengths[:, None] - segments * samples
        apart = _scaled(chance.sort(1).values, spare.clamp(min=0)) + number * samples
        squeezed = _latest(lengths, samples) * number // max(segments - 1, 1)
        return torch.where(spare >= 0, apart, squeezed).gather(1, order)

"""The paper's method on one screen: Algorithm 1 and the training step (Sections 3.2 to 3.8).

    clips, each class equally often -> detector -> anchors -> (no shared class) -> equal energy -> mixture
    target -> query net -> condition;    separator(mixture, condition) ~ target

Everything after the reading of the clips happens on the device, for the whole batch at once. Several processes make
one joint batch: anchors are mixed with those of other processes too, and each learns from its part of the mixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from unweave.conditions.onehot import OneHot
from unweave.data.anchors import anchor_samples, class_curve, cut
from unweave.data.augmentations import Chain
from unweave.data.energies import Energy
from unweave.data.loader import Batch, ClipLoader
from unweave.data.miners import Miner
from unweave.data.mixing import mix
from unweave.data.pairing import disjoint_groups, rolled_groups, shared_classes, thresholded
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.separators import Separator
from unweave.taggers import Tagger
from unweave.training.joint import joint, own_part
from unweave.training.losses import negative_snr
from unweave.training.query import QueryNet
from unweave.training.thawing import Thaw
from unweave.training.validation import HeldOutPairs

WAY = 7  # the stream of random numbers that says how a batch is made
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass
class MethodSettings:
    """What the tables of the paper vary.

    Attributes:
        seconds: length of an anchor (Table 6); of several, one is drawn for each batch.
        sources: J, of a mixture (Table 8); of several, one is drawn for each batch.
        targets: how many of them are asked for; None draws 1 to J - 1.
        check: whether sources of a mixture must not share a class (Algorithm 1, step 3).
        thresholds: probability from which an anchor holds a class, one or one for each class, (K,).
    """

    seconds: float | Sequence[float] = 2.0
    sources: int | Sequence[int] = 2
    targets: int | None = 1
    check: bool = False
    thresholds: float | Tensor = 0.5


class Way(NamedTuple):
    """How the mixtures of one batch are made: where anchors are cut, of how many s, and how many are mixed."""

    miner: Miner
    seconds: float
    sources: int


class QueriedSeparator(nn.Module):
    """What is trained: the query net hears the target, the separator takes it out of the mixture.

    A hard one-hot condition is made of the tags of the target's clips, as in the paper; all others of what is heard.
    """

    def __init__(self, query: QueryNet, separator: Separator) -> None:
        super().__init__()
        self.query, self.separator = query, separator

    def forward(self, mixture: Tensor, target: Tensor, tags: Tensor) -> Tensor:
        """Mixtures (B, T), targets (B, T), tags of the targets (B, K) bool -> estimated targets (B, T)."""
        if isinstance(self.query.condition, OneHot):
            condition = self.query.condition.from_classes(tags.float(), tags)
        else:
            condition = self.query(target)
        estimate: Tensor = self.separator(mixture[:, None], condition)[:, 0]
        return estimate


class MethodTask:
    """Learn a separator, and what of its query net learns, from clips that are only tagged.

    Args:
        net: what is trained.
        detector: finds the anchors, and says what they hold where shared classes are checked. None for a miner that
            needs none; then the query net's tagger says what they hold.
        loader: of the clips.
        store: the same clips, for their tags and bandwidths.
        miner: where anchors are cut (Table 7); of several, one is drawn for each batch.
        energy: how loud the sources are (Table 9).
        augment: of the anchors, before they are mixed.
        loss: (estimate (B, T), target (B, T)) -> (B,), see `unweave.training.losses`.
        settings: the rest.
        thaw: when a query net that learns begins to; None for from the first step on.
    """

    def __init__(
        self,
        net: QueriedSeparator,
        detector: Tagger | None,
        loader: ClipLoader,
        store: Store,
        miner: Miner | Sequence[Miner],
        energy: Energy,
        augment: Chain,
        loss: Loss,
        settings: MethodSettings,
        thaw: Thaw | None = None,
    ) -> None:
        self.miners = [miner] if isinstance(miner, Miner) else list(miner)
        if any(one.needs_curve for one in self.miners) and (detector is None or detector.frame_rate is None):
            raise UnweaveError(
                "Anchors are to be found by a detector, and there is none: name a tagger with framewise output as "
                "the detector, or mine at random ('out-clip')."
            )
        self.net, self.loader, self.store, self.settings = net, loader, store, settings
        self.detector = None if detector is None else detector.eval().requires_grad_(False)
        self.energy, self.augment, self.criterion, self.thaw = energy, augment, loss, thaw
        self.valid = HeldOutPairs(store, seconds=_several(settings.seconds)[0])
        self.measured_on = str(self.valid)

    def draw(self) -> Batch:
        """The next clips."""
        return next(self.loader)

    def names(self, batch: Batch) -> list[str]:
        """The clips of a batch."""
        return batch.names

    def way(self, batch: Batch) -> Way:
        """How this batch's mixtures are made, the same in all processes."""
        choices: list[Sequence[Any]] = [
            self.miners, _several(self.settings.seconds), _several(self.settings.sources)
        ]  # fmt: skip
        # A stream of its own: where there is no choice, a run draws what it has always drawn.
        rng = np.random.default_rng([batch.seed, WAY])
        return Way(*(one[int(rng.integers(len(one)))] for one in choices))

    @torch.no_grad()
    def anchors(self, batch: Batch, generator: torch.Generator, way: Way | None = None) -> Tensor:
        """Cut the anchors out of the clips, and hand them to all processes.

        Shape:
            B clips -> (N, S, T): N = B times the number of processes; S segments of each clip, 1, or J where the
            sources of a mixture are of one clip
        """
        miner, seconds, sources = way or self.way(batch)
        curve = None
        if miner.needs_curve and self.detector is not None:
            self.detector.to(batch.waveform.device)
            frames = self.detector(batch.waveform).frames
            assert frames is not None
            curve = joint(class_curve(frames, batch.classes), batch.world)
        starts = miner(
            joint(batch.lengths, batch.world),
            seconds,
            self.store.sample_rate,
            generator,
            segments=sources if miner.one_clip else 1,
            curve=curve,
            frame_rate=self.detector.frame_rate if self.detector is not None else None,
        )
        samples = anchor_samples(seconds, self.store.sample_rate)
        return joint(cut(batch.waveform, starts[batch.part], samples), batch.world)

    @torch.no_grad()
    def groups(self, anchors: Tensor, batch: Batch, rng: np.random.Generator, sources: int | None = None) -> Tensor:
        """Which anchors (N, T) make which mixture, (M, J) int64: without a shared class if that is checked."""
        sources = sources or self.way(batch).sources
        if not self.settings.check:
            return rolled_groups(len(anchors), sources)
        if self.detector is not None:
            heard = self.detector.to(anchors.device)(anchors[batch.part]).clip
        else:
            heard = self.net.query.heard(anchors[batch.part]).clip
        classes = joint(batch.classes.to(anchors.device), batch.world)
        present = thresholded(joint(heard, batch.world), self.settings.thresholds, classes)
        return disjoint_groups(shared_classes(present), sources, rng, whole=False)

    def loss(self, net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """One step of the method; `net` is `self.net`, as the loop runs it."""
        generator, rng = torch.Generator().manual_seed(batch.seed), np.random.default_rng(batch.seed)
        way = self.way(batch)
        anchors = self.anchors(batch, generator, way)
        rows = batch.rows if batch.world == 1 else joint(batch.rows.to(anchors.device), batch.world).cpu()
        if way.miner.one_clip:
            groups = torch.arange(len(anchors))[:, None].expand(-1, way.sources)
            sources = anchors
        else:
            groups = self.groups(anchors[:, 0], batch, rng, way.sources)
            sources = anchors[:, 0][groups.to(anchors.device)]  # (M, J, T)
        bandwidths = torch.from_numpy(self.store.bandwidths[rows.numpy()])[groups]
        sources = self.augment(sources, generator, bandwidths)
        made = mix(sources, self.energy, self.settings.targets, generator)
        tags = torch.from_numpy(self.store.targets(rows.numpy()))[groups]  # (M, J, K)
        tags = (tags & made.chosen.cpu()[..., None]).any(1).to(anchors.device)
        mine, weight = own_part(len(groups), batch.rank, batch.world)
        mixture, target = made.mixture[mine], made.target[mine]
        estimate = net(mixture, target, tags[mine]).float()
        with torch.no_grad():
            better = negative_snr(mixture, target) - negative_snr(estimate, target)
        return weight * self.criterion(estimate, target).mean(), {"improvement": better.mean().item()}

    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """SDRi of held-out pairs, told what to take by the target itself ("oracle") and, where that works, by class."""
        assert isinstance(net, QueriedSeparator)
        device = next(net.parameters()).device
        condition, separator = net.query.condition, net.separator
        classes = len(self.store.vocabulary)

        def by_target(mixture: Tensor, target: Tensor, asked: Tensor) -> Tensor:
            tags = nn.functional.one_hot(asked, classes).bool()
            result: Tensor = net(mixture.to(device), target.to(device), tags.to(device))
            return result

        def by_class(mixture: Tensor, target: Tensor, asked: Tensor) -> Tensor:
            mask = nn.functional.one_hot(asked, classes).bool().to(device)
            vector = condition.from_classes(mask.float(), mask, asked.to(device))
            result: Tensor = separator(mixture.to(device)[:, None], vector)[:, 0]
            return result

        scores = {f"{name}, oracle": value for name, value in self.valid.measure(by_target).items()}
        if condition.by_class:
            scores |= {f"{name}, by class": value for name, value in self.valid.measure(by_class).items()}
        return scores

    def state_dict(self) -> dict[str, Any]:
        """Where the loader is."""
        return {"loader": self.loader.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.loader.load_state_dict(state["loader"])


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) else (value,)

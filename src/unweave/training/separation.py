"""Learning to separate from a few thousand clips on a CPU: Algorithm 1 with what few clips ask for beside it.

    clips -> anchors (where the detector hears their class) -> pairs without a shared class -> equal energy -> mixture
    target anchor -> tagger -> condition;    separator(mixture, condition) ~ target

Beside the paper's method (`unweave.training.method`): both anchors of a mixture are asked for, so that one encoding
serves two targets; they are asked for in all the ways in which people ask (`unweave.training.asking`); many good places
of a clip are anchors, not the best one alone; the sources are augmented; the loss is the signal-to-noise ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unweave.audio.energy import match_energy
from unweave.conditions import Condition
from unweave.data.anchors import near_best_anchor
from unweave.data.augment import band_limit, draw_speed, played
from unweave.data.pairing import disjoint_partners, most_partners
from unweave.data.sampler import BalancedSampler
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.separators import Separator
from unweave.taggers import Tagger
from unweave.training.asking import Asker
from unweave.training.listening import Listener, listen
from unweave.training.losses import negative_snr
from unweave.training.validation import LARGEST_FACTOR, HeldOutPairs

DRAWS = 20  # of clips, before it is given up that none of a batch have a class in common


@dataclass
class SeparationSettings:
    """How mixtures are made and asked about.

    Attributes:
        batch: mixtures a step, each with two targets.
        seconds: length of an anchor.
        share: an anchor scores at least this share of the best one of its clip; 1 takes the best, as the paper does.
        gain: the second source differs from equal energy by up to this many dB, evenly.
        wide: share of the mixtures in which it differs by up to `wide_gain` dB instead: speech over faint noise, say,
            must come out as it went in.
        wide_gain: in dB.
        speed: sources are played up to this much faster or slower (0.15: 0.85 to 1.15 times).
        third, bed, alone, rooms, together: shares of the mixtures that have a third source, a faint bed of a clip of
            the data set `beds`, no second source, an echo, and two stems of one recording at the same time; for
            resident clips only (`unweave.training.separation_resident`).
        shares: how often a target is asked for by its tagger's probabilities ("soft", the paper's way), by the name of
            its class or of one above it ("named"), by a node of the ontology that it is under ("node"), or
            replaced by a class that is not there, which must give silence ("absent").
        weights: see `BalancedSampler`.
    """

    batch: int = 12
    seconds: float = 2.0
    share: float = 0.9
    gain: float = 5.0
    wide: float = 0.0
    wide_gain: float = 20.0
    speed: float = 0.15
    third: float = 0.0
    bed: float = 0.0
    beds: str = "ambient"
    alone: float = 0.0
    rooms: float = 0.0
    together: float = 0.0
    shares: dict[str, float] = field(default_factory=lambda: {"soft": 0.25, "named": 0.5, "node": 0.2, "absent": 0.05})
    weights: dict[int, int] = field(default_factory=dict)


@dataclass
class Example:
    """A batch: mixtures (B, T), which of them each of 2B targets is in (2B,), targets (2B, T), conditions (2B, D).

    `rows` are the clips of the targets.
    """

    mixture: Tensor
    row: Tensor
    target: Tensor
    condition: Tensor
    rows: NDArray[np.int64]


class Separation(nn.Module):
    """What is trained: a separator that encodes each mixture once for all that is asked of it."""

    def __init__(self, separator: Separator) -> None:
        super().__init__()
        self.separator = separator

    def forward(self, mixture: Tensor, row: Tensor, condition: Tensor) -> Tensor:
        """Mixtures (B, T), the mixture of each target (N,), conditions (N, D) -> estimated targets (N, T)."""
        return self.separator.decode(self.separator.encode(mixture).rows(row), condition)


class SeparationTask:
    """Learn a separator with a tagger that has been learnt before and stays as it is.

    Args:
        separator: what is learnt.
        tagger: a detector; in evaluation mode, never trained here.
        condition: from tags, or classes, to the vector that the separator takes.
        store: the clips.
        settings: how mixtures are made.
        cache: file that keeps what the detector heard, so that a run that goes on need not listen again.
        seed: of every draw.
        ontology: of the tagger's classes; AudioSet's unless given.
        progress: told of the clips that the detector has heard.
        rank, world: which of how many processes this one is.
        listener: has the detector hear all clips.
    """

    def __init__(
        self,
        separator: Separator,
        tagger: Tagger,
        condition: Condition,
        store: Store,
        settings: SeparationSettings,
        cache: Path,
        seed: int = 0,
        ontology: Ontology | None = None,
        progress: Callable[[int, int], None] | None = None,
        rank: int = 0,
        world: int = 1,
        listener: Listener = listen,
    ) -> None:
        self.net = Separation(separator)
        self.tagger, self.condition, self.store, self.settings = tagger.eval(), condition.eval(), store, settings
        self.rng = np.random.default_rng([seed + 1, rank])
        members = store.members("train")
        self.sampler = BalancedSampler(members, 2 * settings.batch, seed, settings.weights, rank, world)
        known = np.zeros(tagger.classes, np.float32)
        for key in members:
            if key >= 0:
                known[key] = settings.weights.get(key, 1)
        self.asker = Asker(tagger, condition, ontology or Ontology(), settings.shares, known)
        self.curves, self.holds = listener(tagger, store, cache, progress)
        self.valid = HeldOutPairs(store)
        self.measured_on = str(self.valid)

    def _anchor(self, row: int) -> NDArray[np.float32]:
        """The augmented anchor of a clip, (T,)."""
        assert self.tagger.frame_rate is not None
        rate, rng = self.store.sample_rate, self.rng
        samples = round(self.settings.seconds * rate)
        speed = draw_speed(rng, self.settings.speed, 0.6)
        start = near_best_anchor(
            self.curves[row], self.settings.seconds, self.tagger.frame_rate, self.settings.share, rng
        )
        wave = self.store.read(row, round(start * rate), int(samples * speed) + 2)
        return played(wave, speed, samples, rate, rng)

    def _cutoff(self, first: int, second: int) -> float:
        """Where both sides of a mixture are low-passed, Hz: often where the narrower one ends, sometimes anywhere."""
        bands = float(self.store.bandwidths[first]), float(self.store.bandwidths[second])
        nyquist = self.store.sample_rate / 2
        draw = self.rng.random()
        if draw < 0.15:
            return float(self.rng.uniform(0.19, 0.75) * nyquist)
        return min(*bands, nyquist) if draw < 0.65 else nyquist

    def _gains(self, number: int) -> NDArray[np.float32]:
        """By how much the second sources differ from equal energy, in dB, (number,)."""
        settings, rng = self.settings, self.rng
        gain = rng.uniform(-1, 1, number)
        # Without wide gains nothing is drawn for them, so that older recipes give the same mixtures as ever.
        wide = rng.random(number) < settings.wide if settings.wide else np.zeros(number, bool)
        return (gain * np.where(wide, settings.wide_gain, settings.gain)).astype(np.float32)

    def _paired(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Clips (2N,) and the classes they were drawn for (2N,); 2i and 2i + 1 are mixed and share no class.

        N is the batch, or less where nearly all clips hold the same class.
        """
        batch = self.settings.batch
        for _ in range(DRAWS):
            clips, classes = self.sampler.draw()
            holds = self.holds[clips].astype(np.int32)
            clash = (holds[:batch] @ holds[batch:].T > 0) | (classes[:batch, None] == classes[None, batch:])
            try:
                first, second = np.arange(batch), disjoint_partners(clash, self.rng)
            except UnweaveError:
                first, second = most_partners(clash, self.rng)
            if len(first):
                order = np.stack([first, batch + second], 1).ravel()
                return clips[order], classes[order]
        raise UnweaveError(
            f"In {DRAWS} draws no two clips without a common class were found: nearly every clip holds the same one. "
            "Add clips without it, or leave that tag out."
        )

    def draw(self) -> Example:
        """The next batch of mixtures."""
        rng = self.rng
        clips, classes = self._paired()
        batch = len(clips) // 2
        waves = [self._anchor(int(row)) for row in clips]
        for i in range(0, 2 * batch, 2):
            cutoff = self._cutoff(int(clips[i]), int(clips[i + 1]))
            waves[i], waves[i + 1] = (band_limit(wave, cutoff, self.store.sample_rate) for wave in waves[i : i + 2])
        sources = torch.from_numpy(np.stack(waves)).view(batch, 2, -1)
        other = match_energy(sources[:, 0], sources[:, 1], LARGEST_FACTOR)
        gain = torch.from_numpy(self._gains(batch))[:, None]
        sources = torch.stack([sources[:, 0], other * 10 ** (gain / 20)], 1)
        sources = sources / sources.sum(1, keepdim=True).abs().amax(2, keepdim=True).clamp(min=1e-4)
        sources = sources * float(10 ** (rng.uniform(-25, 0) / 20))
        mixture = sources.sum(1)
        row, holds = np.arange(2 * batch) // 2, self.holds[clips]
        others = holds[np.arange(2 * batch) ^ 1]
        asked = self.asker.ask(mixture, row, sources.reshape(2 * batch, -1), classes, holds, others, rng)
        return Example(mixture, torch.from_numpy(row), *asked, clips)

    def names(self, batch: Example) -> list[str]:
        """The clips of a batch."""
        return [self.store.name(int(row)) for row in batch.rows]

    def loss(self, net: nn.Module, batch: Example) -> tuple[Tensor, dict[str, float]]:
        """Thresholded negative SNR of both targets of each mixture."""
        estimate = net(batch.mixture, batch.row, batch.condition).float()
        energy = batch.mixture.square().sum(1)[batch.row]
        present = batch.target.abs().amax(1) > 0
        losses = negative_snr(estimate, batch.target, floor=energy)
        before = negative_snr(batch.mixture[batch.row], batch.target)
        gain = (before - losses)[present].mean()
        return losses.mean(), {"improvement": gain.item()}

    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """SDRi of held-out pairs, asked for by class name."""
        device = next(net.parameters()).device

        def estimate(mixture: Tensor, target: Tensor, asked: Tensor) -> Tensor:
            mask = nn.functional.one_hot(asked, self.tagger.classes).bool()
            condition = self.condition.from_classes(mask.float(), mask, asked)
            result: Tensor = net(mixture.to(device), torch.arange(len(mixture), device=device), condition.to(device))
            return result

        return self.valid.measure(estimate)

    def state_dict(self) -> dict[str, Any]:
        """Sampler and random state."""
        return {"sampler": self.sampler.state_dict(), "random": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.sampler.load_state_dict(state["sampler"])
        self.rng.bit_generator.state = state["random"]

"""How the separator is learnt (Algorithm 1): anchors of tagged clips, mixed, and one asked back.

    clips -> anchors (where the detector hears their class) -> pairs without a shared class -> equal energy -> mixture
    target anchor -> tagger -> condition;    separator(mixture, condition) ~ target

Both anchors of a mixture are asked for, so that one encoding serves two targets.
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
from unweave.data.augment import band_limit, change_speed, tilt
from unweave.data.mixing import disjoint_partners
from unweave.data.sampler import BalancedSampler
from unweave.data.store import Store
from unweave.ontology import Ontology
from unweave.separators import Separator
from unweave.taggers import Tagger
from unweave.training.losses import negative_snr
from unweave.training.tagging import class_members, loudest

LARGEST_FACTOR = 1e4  # nearly digital silence is not blown up any further


@dataclass
class SeparationSettings:
    """How mixtures are made and asked about.

    Attributes:
        batch: mixtures a step, each with two targets.
        seconds: length of an anchor.
        share: an anchor scores at least this share of the best one of its clip; 1 takes the best, as the paper does.
        gain: the second source differs from equal energy by up to this many dB, evenly.
        speed: sources are played up to this much faster or slower (0.15: 0.85 to 1.15 times).
        shares: how often a target is asked for by its tagger's probabilities ("soft", the paper's way), by the name of
            its class or of one above it ("named"), by a node of the ontology that it is under ("node"), or
            replaced by a class that is not there, which must give silence ("absent").
        weights: see `BalancedSampler`.
    """

    batch: int = 12
    seconds: float = 2.0
    share: float = 0.9
    gain: float = 5.0
    speed: float = 0.15
    shares: dict[str, float] = field(default_factory=lambda: {"soft": 0.25, "named": 0.5, "node": 0.2, "absent": 0.05})
    weights: dict[int, int] = field(default_factory=dict)


@dataclass
class Example:
    """A batch: mixtures (B, T), which of them each of N targets is in (N,), targets (N, T), conditions (N, D)."""

    mixture: Tensor
    row: Tensor
    target: Tensor
    condition: Tensor


class SeparationTask:
    """Learn a separator with a tagger that has been learnt before and stays as it is.

    Args:
        net: the separator.
        tagger: a detector; in evaluation mode, never trained here.
        condition: from tags, or classes, to the vector that `net` takes.
        store: the clips.
        settings: how mixtures are made.
        seed: of every draw.
        progress: told of the clips that the detector has heard.
        cache: file that keeps what the detector heard, so that a run that goes on need not listen again.
    """

    def __init__(
        self,
        net: Separator,
        tagger: Tagger,
        condition: Condition,
        store: Store,
        settings: SeparationSettings,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
        cache: Path | None = None,
    ) -> None:
        self.cache = cache
        self.net, self.tagger, self.condition, self.store, self.settings = (
            net,
            tagger.eval(),
            condition,
            store,
            settings,
        )
        self.rng = np.random.default_rng(seed + 1)
        self.sampler = BalancedSampler(class_members(store, "train"), 2 * settings.batch, seed, settings.weights)
        self.ontology = Ontology()
        index = {label.mid: label.index for label in self.ontology.labels}
        self.above = [
            [index[n.mid] for n in self.ontology.ancestors(k) if n.mid in index] for k in range(tagger.classes)
        ]
        self.nodes = [[k, *(n.mid for n in self.ontology.ancestors(k))] for k in range(tagger.classes)]
        self.holds = store.targets(tagger.classes)
        self.curves = self._listen(progress)
        self.valid = self._valid_pairs(2)

    @torch.no_grad()
    def _listen(self, progress: Callable[[int, int], None] | None) -> dict[int, NDArray[np.float32]]:
        """The detector's curve of each training clip's own class; also notes what else it surely holds."""
        if self.cache is not None and self.cache.is_file():
            with np.load(self.cache) as file:
                self.holds |= file["holds"]
                return dict(zip(file["rows"].tolist(), np.split(file["curves"], file["ends"][:-1]), strict=True))
        curves = {}
        for row, clip in enumerate(self.store.clips):
            if clip.split != "train":
                continue
            wave = self.store.read(row, 0, max(self.store.sample_rate, int(self.store.lengths[row])))
            tags = self.tagger(torch.from_numpy(wave)[None])
            assert tags.frames is not None, "anchors need a detector: a tagger that fills Tags.frames"
            own = list(clip.classes) or [int(tags.clip[0].argmax())]
            curves[row] = tags.frames[0][:, own].amax(1).numpy()
            self.holds[row] |= tags.clip[0].numpy() > 0.5
            if progress:
                progress(row + 1, len(self.store.clips))
        if self.cache is not None:
            ends = np.cumsum([len(curve) for curve in curves.values()])
            np.savez(
                self.cache, rows=list(curves), ends=ends, curves=np.concatenate([*curves.values()]), holds=self.holds
            )
        return curves

    def _anchor(self, row: int) -> NDArray[np.float32]:
        """The augmented anchor of a clip, (T,)."""
        assert self.tagger.frame_rate is not None
        rate, rng = self.store.sample_rate, self.rng
        samples = round(self.settings.seconds * rate)
        speed = float(np.exp(rng.uniform(-1, 1) * np.log1p(self.settings.speed))) if rng.random() < 0.6 else 1.0
        start = near_best_anchor(
            self.curves[row], self.settings.seconds, self.tagger.frame_rate, self.settings.share, rng
        )
        wave = self.store.read(row, round(start * rate), int(samples * speed) + 2)
        wave = change_speed(wave, speed, rate)[:samples]
        wave = np.pad(wave, (0, samples - len(wave)))
        if rng.random() < 0.4:
            wave = tilt(wave, float(rng.normal(0, 4)), rate)
        return wave

    def _cutoff(self, first: int, second: int) -> float:
        """Where both sides of a mixture are low-passed, Hz: often where the narrower one ends, sometimes anywhere."""
        bands = self.store.clips[first].bandwidth, self.store.clips[second].bandwidth
        nyquist = self.store.sample_rate / 2
        draw = self.rng.random()
        if draw < 0.15:
            return float(self.rng.uniform(3000, 12000))
        return min(*bands, nyquist) if draw < 0.65 else nyquist

    def draw(self) -> Example:
        """The next batch of mixtures."""
        batch, rng = self.settings.batch, self.rng
        clips, classes = self.sampler.draw()
        holds = self.holds[clips].astype(np.int32)
        clash = (holds[:batch] @ holds[batch:].T > 0) | (classes[:batch, None] == classes[None, batch:])
        second = batch + disjoint_partners(clash, rng)
        order = np.stack([np.arange(batch), second], 1).ravel()  # rows 2i and 2i + 1 are mixed
        clips, classes = clips[order], classes[order]
        waves = [self._anchor(int(row)) for row in clips]
        for i in range(0, 2 * batch, 2):
            cutoff = self._cutoff(int(clips[i]), int(clips[i + 1]))
            waves[i], waves[i + 1] = (band_limit(wave, cutoff, self.store.sample_rate) for wave in waves[i : i + 2])
        sources = torch.from_numpy(np.stack(waves)).view(batch, 2, -1)
        other = match_energy(sources[:, 0], sources[:, 1], LARGEST_FACTOR)
        gain = torch.from_numpy(rng.uniform(-1, 1, (batch, 1)).astype(np.float32)) * self.settings.gain
        sources = torch.stack([sources[:, 0], other * 10 ** (gain / 20)], 1)
        sources = sources / sources.sum(1, keepdim=True).abs().amax(2, keepdim=True).clamp(min=1e-4)
        sources = sources * float(10 ** (rng.uniform(-25, 0) / 20))
        mixture = sources.sum(1)
        target = sources.reshape(2 * batch, -1)
        row = torch.arange(2 * batch) // 2
        return Example(mixture, row, *self._ask(mixture, target, clips, classes))

    @torch.no_grad()
    def _ask(
        self, mixture: Tensor, target: Tensor, clips: NDArray[np.int64], classes: NDArray[np.int64]
    ) -> tuple[Tensor, Tensor]:
        """The targets and how each is asked for; (N, T), (N, D)."""
        number, K = len(clips), self.tagger.classes
        kinds = self.rng.choice(list(self.settings.shares), number, p=list(self.settings.shares.values()))
        kinds[(classes < 0) & (kinds != "absent")] = "soft"
        vectors: dict[int, Tensor] = {}
        soft = np.flatnonzero(kinds == "soft")
        if len(soft):
            vectors |= dict(zip(soft.tolist(), self.condition(self.tagger(target[soft])), strict=True))
        node = np.flatnonzero(kinds == "node")
        heard = self.tagger(mixture[node // 2]).clip if len(node) else torch.zeros(0, K)
        for i, probabilities in zip(node.tolist(), heard, strict=True):
            mask = torch.zeros(K, dtype=torch.bool)
            mask[
                self.ontology.descendants(
                    self.rng.choice(np.array(self.nodes[classes[i]][1:] or [self.ontology.labels[classes[i]].mid]))
                )
            ] = True
            if self.holds[clips[i ^ 1]][mask.numpy()].any():
                kinds[i] = "named"  # the other source is under the same node
            else:
                vectors[i] = self.condition.from_classes(probabilities[None], mask[None])[0]
        target = target.clone()
        for i in np.flatnonzero((kinds == "named") | (kinds == "absent")).tolist():
            if kinds[i] == "absent":
                there = self.holds[clips[i]] | self.holds[clips[i ^ 1]]
                asked = int(self.rng.choice(np.flatnonzero(self._known & ~there)))
                target[i] = 0
            else:
                # A bark is also a dog, unless the other source is one too.
                names = [k for k in self.above[classes[i]] if not self.holds[clips[i ^ 1]][k]]
                asked = int(self.rng.choice(names)) if names and self.rng.random() < 0.2 else int(classes[i])
            one = torch.zeros(1, K, dtype=torch.bool)
            one[0, asked] = True
            vectors[i] = self.condition.from_classes(one.float(), one, torch.tensor([asked]))[0]
        return target, torch.stack([vectors[i] for i in range(number)])

    @property
    def _known(self) -> NDArray[np.bool_]:
        known = np.zeros(self.tagger.classes, bool)
        known[[key for key in self.sampler.members if key >= 0]] = True
        return known

    def loss(self) -> tuple[Tensor, dict[str, float]]:
        """Thresholded negative SNR of both targets of each mixture."""
        with torch.autocast("cpu", enabled=False):  # the tagger hears in full precision
            example = self.draw()
        estimate = self.net.decode(self.net.encode(example.mixture).rows(example.row), example.condition)
        energy = example.mixture.square().sum(1)[example.row]
        present = example.target.abs().amax(1) > 0
        losses = negative_snr(estimate, example.target, floor=energy)
        before = negative_snr(example.mixture[example.row], example.target)
        gain = (before - losses)[present].mean()
        return losses.mean(), {"improvement": gain.item()}

    def _valid_pairs(self, each: int) -> list[tuple[int, int]]:
        """`each` pairs for every class of the valid clips, always the same."""
        rng = np.random.default_rng(0)
        rows = [r for r, clip in enumerate(self.store.clips) if clip.split == "valid" and len(clip.classes) == 1]
        own = {r: self.store.clips[r].classes[0] for r in rows}
        pairs = []
        for key in sorted(set(own.values())):
            mine, others = [r for r in rows if own[r] == key], [r for r in rows if own[r] != key]
            pairs += [(int(rng.choice(mine)), int(rng.choice(others))) for _ in range(each)]
        return pairs

    @torch.no_grad()
    def evaluate(self, net: nn.Module) -> dict[str, float]:
        """SDRi of pairs of valid clips, 2 s around the loudest part, equal energy, asked by class name."""
        gains: dict[int, list[float]] = {}
        for i in range(0, len(self.valid), 16):
            part = self.valid[i : i + 16]
            first, second = (
                torch.from_numpy(np.stack([loudest(self.store, pair[side], 2.0) for pair in part])) for side in (0, 1)
            )
            mixture = first + match_energy(first, second, LARGEST_FACTOR)
            asked = torch.tensor([self.store.clips[pair[0]].classes[0] for pair in part])
            mask = nn.functional.one_hot(asked, self.tagger.classes).bool()
            estimate = net(mixture[:, None], self.condition.from_classes(mask.float(), mask, asked))[:, 0]
            better = negative_snr(mixture, first, 0.0) - negative_snr(estimate, first, 0.0)
            for key, value in zip(asked.tolist(), better.tolist(), strict=True):
                gains.setdefault(key, []).append(value)
        everything = [value for values in gains.values() for value in values]
        return {
            "SDRi, mean over classes of median": float(np.mean([np.median(values) for values in gains.values()])),
            "SDRi, mean": float(np.mean(everything)),
        }

    def state_dict(self) -> dict[str, Any]:
        """Sampler and random state."""
        return {"sampler": self.sampler.state_dict(), "random": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self.sampler.load_state_dict(state["sampler"])
        self.rng.bit_generator.state = state["random"]

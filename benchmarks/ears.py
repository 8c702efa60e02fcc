r"""Let a model hear with YAMNet beside its own tagger (`unweave.taggers.two_ears`); what it has learnt stays as it is.

    python benchmarks/ears.py MODEL STORE yamnet.tflite yamnet_class_map.csv -o OUT [--segments 9000] [--seed 0]

What YAMNet's features say of classes is learnt on a CPU, in two steps. From clips: their tags. Then from segments that
are made up of several clips (`ears_segments.py`), where what should be heard is what both ears hear of each sound
alone, and its tags wherever it is loud; what is faint, or what nobody is sure of, is left open. Of the classes that the
model has not learnt YAMNet's own scores are kept.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from ears_segments import Segments, Stem
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from unweave import load_model
from unweave.data.store import Store
from unweave.data.teacher import shared_classes
from unweave.data.yamnet import Yamnet, load_yamnet
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.taggers.small import SmallTagger
from unweave.taggers.two_ears import TwoEars
from unweave.training.validation import loudest

SECONDS = 2.0
CLIP_EPOCHS, CLIP_BATCH, CLIP_RATE = 12, 128, 1e-3
EPOCHS, BATCH, CLIPS_BESIDE, RATE = 8, 96, 48, 5e-4
DROPPED = 0.3  # of what is heard and of what is made of it, while it is learnt
SURE, ABOVE, BY_THE_WAY = 0.95, 0.9, 0.5  # what a loud sound's tags are worth, the classes above them, what else it has
HALF = 0.5  # how much a class above a tag counts
HEARD_DB, LOUD_DB, THERE_DB = -20.0, -12.0, -45.0  # of the segment: a sound is heard; surely heard; there at all
PERHAPS = 0.1  # heard alone as this and not in the segment, a class may be there or not


@dataclass
class Heard:
    """What both ears make of n waveforms: (n, E, F'), (n, patches, FEATURES), in 16 bits."""

    body: NDArray[np.float16]
    patches: NDArray[np.float16]

    def rows(self, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Some of them, in 32 bits."""
        return torch.from_numpy(self.body)[rows].float(), torch.from_numpy(self.patches)[rows].float()

    @staticmethod
    def joined(parts: Iterable[Heard]) -> Heard:
        """All of the parts."""
        bodies, patches = zip(*((part.body, part.patches) for part in parts), strict=True)
        return Heard(np.concatenate(bodies), np.concatenate(patches))


@dataclass
class Wanted:
    """What should be heard of n segments: probabilities and how much they count, (n, F', known classes) in 16 bits."""

    value: NDArray[np.float16]
    weight: NDArray[np.float16]


class OtherEar(nn.Module):
    """What YAMNet's features say, while it is learnt: every feature is as large as the others.

    Args:
        tagger: whose `listen`, `say` and `share` it becomes (`fold`).
        patches: features (n, patches, FEATURES), for their size.
    """

    def __init__(self, tagger: TwoEars, patches: Tensor) -> None:
        super().__init__()
        self.mean, self.spread = patches.mean((0, 1)), patches.std((0, 1)) + 0.1
        self.listen, self.say = copy.deepcopy(tagger.listen), copy.deepcopy(tagger.say)
        self.share = nn.Parameter(torch.zeros_like(tagger.share))  # of the small tagger's logits
        self.requires_grad_(True)
        nn.init.constant_(self.say.bias, -5.0)

    def forward(self, patches: Tensor) -> Tensor:
        """Features (B, patches, FEATURES) -> logits (B, patches, K)."""
        features = functional.dropout((patches - self.mean) / self.spread, DROPPED, self.training)
        logits: Tensor = self.say(functional.dropout(torch.relu(self.listen(features)), DROPPED, self.training))
        return logits

    @torch.no_grad()
    def halve(self) -> None:
        """From now on both ears say half."""
        self.share.fill_(0.5)
        self.say.weight.mul_(0.5)
        self.say.bias.mul_(0.5)

    @torch.no_grad()
    def fold(self, tagger: TwoEars) -> None:
        """Give the tagger what was learnt."""
        tagger.listen.weight.copy_(self.listen.weight / self.spread)
        tagger.listen.bias.copy_(self.listen.bias - tagger.listen.weight @ self.mean)
        tagger.say.load_state_dict(self.say.state_dict())
        tagger.share.copy_(self.share)


class Ears:
    """Teaches what the other ear says.

    Args:
        model: whose small tagger is the one ear.
        store: of clips.
        yamnet, class_map: the other ear, and the file of its classes.
        seed: of all that is drawn.
    """

    def __init__(self, model: Model, store: Store, yamnet: Yamnet, class_map: Path, seed: int) -> None:
        if type(model.tagger) is not SmallTagger:
            raise UnweaveError(f"The tagger of {model.name} is not the small one, which YAMNet is put beside.")
        torch.manual_seed(seed)
        self.store, self.yamnet, self.rng = store, yamnet, np.random.default_rng(seed)
        self.tagger = TwoEars(**model.spec["tagger"]["arguments"])
        self.tagger.load_state_dict(model.tagger.state_dict(), strict=False)
        self.tagger.other.load_state_dict({n: v for n, v in yamnet.state_dict().items() if n.startswith("layers")})
        self.tagger.eval().requires_grad_(False)
        self.outputs, self.classes = shared_classes(class_map, store.vocabulary)
        self.known = torch.tensor(sorted(model.settings.known or range(self.tagger.classes)))
        self.others = torch.ones(self.tagger.classes, dtype=torch.bool)
        self.others[self.known] = False
        place = {int(key): number for number, key in enumerate(self.known)}
        above = {key: [one.index for one in model.ontology.ancestors(key)] for key in range(self.tagger.classes)}
        self.own = {key: [place[key]] if key in place else [] for key in above}
        self.above = {key: [place[one] for one in nodes if one in place] for key, nodes in above.items()}
        self.kin = np.eye(self.tagger.classes, dtype=bool)
        for key, nodes in above.items():
            for one in nodes:
                if one is not None:
                    self.kin[key, one] = self.kin[one, key] = True
        self.kin = self.kin[:, self.known.numpy()]

    @torch.inference_mode()
    def hear(self, waves: NDArray[np.float32]) -> Heard:
        """(n, T) at the store's rate."""
        body, patches = self.tagger.hear(self.tagger.mel.powers(torch.from_numpy(waves)))
        return Heard(body.half().numpy(), patches.half().numpy())

    def said(self, body: Tensor, patches: Tensor) -> Tensor:
        """Probabilities of both ears over time, (n, F', K)."""
        with torch.no_grad():
            own = self.tagger.answer(body)[0]
        return torch.sigmoid(self.other.share * own + _spread(self.other(patches), own.shape[1]))

    def scores(self, patches: Tensor) -> Tensor:
        """YAMNet's own, (n, patches, K)."""
        with torch.no_grad():
            found = torch.sigmoid(self.yamnet.classify(patches))
        scores = patches.new_zeros(*patches.shape[:2], self.tagger.classes)
        scores[..., self.classes] = found[..., self.outputs]
        return scores

    def clips(self) -> tuple[Heard, Tensor]:
        """Every training clip twice, its loudest stretch and any: what is heard, and its tags (n, K)."""
        samples, rows = round(SECONDS * self.store.sample_rate), self.store.rows("train")

        def crops(row: int) -> NDArray[np.float32]:
            start = int(self.rng.integers(0, max(1, int(self.store.lengths[row]) - samples + 1)))
            wave = self.store.read(row, start, samples)
            return np.stack([loudest(self.store, row, SECONDS), np.pad(wave, (0, samples - len(wave)))])

        heard = Heard.joined(self.hear(crops(int(row))) for row in rows)
        return heard, torch.from_numpy(self.store.targets(rows.repeat(2))).float()

    def segments(self, count: int) -> tuple[Heard, Wanted]:
        """Made-up segments: what is heard, and what should be."""
        drawn = Segments(self.store, round(SECONDS * self.store.sample_rate), int(self.rng.integers(2**31)))
        heard, values, weights = [], [], []
        for number, stems in enumerate(drawn.draw(count)):
            waves = np.stack([stem.wave for stem in stems])
            every = self.hear(np.concatenate([waves.sum(0, keepdims=True), waves]).astype(np.float32))
            heard.append(Heard(every.body[:1], every.patches[:1]))
            with torch.inference_mode():
                alone = self.said(*every.rows(slice(1, None)))[..., self.known].numpy()
            value, weight = self._wanted(stems, waves, alone)
            values.append(value.astype(np.float16))
            weights.append(weight.astype(np.float16))
            if number % 500 == 499:
                print(f"{number + 1} of {count} segments", flush=True)
        return Heard.joined(heard), Wanted(np.stack(values), np.stack(weights))

    def _wanted(
        self, stems: list[Stem], waves: NDArray[np.float64], alone: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What should be heard of a segment, and how much that counts.

        Args:
            stems, waves: its sounds, (n, T).
            alone: what is heard of each by itself, (n, F', known classes).
        """
        powers, mixture = _powers(waves, alone.shape[1]), _powers(waves.sum(0, keepdims=True), alone.shape[1])
        levels = 10 * np.log10((powers + 1e-12) / (mixture + 1e-12))
        value, anywhere = np.zeros(alone.shape[1:], np.float32), alone.max(0)
        tagged, above, vague = (np.zeros(value.shape, bool) for _ in range(3))
        kin = np.zeros(value.shape[1], bool)
        for stem, power, level, heard in zip(stems, powers, levels, alone, strict=True):
            sounds = power > stem.floor
            value = np.maximum(value, heard * (sounds & (level > HEARD_DB))[:, None])
            tags = self.store.classes(stem.row)
            own, over = ([place for key in tags for place in table[key]] for table in (self.own, self.above))
            kin |= self.kin[list(tags)].any(0)
            sure = np.zeros(len(level), bool) if stem.bed else sounds & (level > LOUD_DB)
            tagged[np.ix_(sure, own)] = True
            above[np.ix_(sure, over)] = True
            vague[np.ix_(~sure & (level > THERE_DB), own + over)] = True
        value = np.where(kin, value, BY_THE_WAY * value)
        value[tagged] = np.maximum(value[tagged], SURE)
        value[above] = np.maximum(value[above], ABOVE)
        weight = np.where(above & ~tagged, np.float32(HALF), np.float32(1))
        heard_here = np.where(kin, value, value / BY_THE_WAY)
        weight[~tagged & ~above & (vague | ((anywhere > PERHAPS) & (heard_here < PERHAPS)))] = 0
        return value, weight

    def learn_clips(self, heard: Heard, tags: Tensor) -> None:
        """From tags what the other ear says by itself; then both say half of it."""
        patches = torch.from_numpy(heard.patches).float()
        self.other = other = OtherEar(self.tagger, patches)
        wanted = torch.where(self.others, self.scores(patches).amax(1), tags)
        count = len(patches) * CLIP_EPOCHS // CLIP_BATCH
        for rows, step in _steps(other, count, CLIP_RATE, 1e-2, _often(tags), CLIP_BATCH):
            said = SmallTagger.pool(torch.sigmoid(other(patches[rows])))
            step(_entropy(said, wanted[rows]).sum(1).mean())
        other.halve()

    def learn_segments(self, heard: Heard, wanted: Wanted, clips: Heard, tags: Tensor) -> None:
        """From segments, and from clips beside them, what both say together; the tagger has it then."""
        beside, count = _often(tags), len(heard.body) * EPOCHS // BATCH
        for rows, step in _steps(self.other, count, RATE, 0.0, torch.ones(len(heard.body)), BATCH):
            value, weight = (torch.from_numpy(part)[rows].float() for part in (wanted.value, wanted.weight))
            few = torch.multinomial(beside, CLIPS_BESIDE, replacement=True)
            bodies, patches = (torch.cat(both) for both in zip(heard.rows(rows), clips.rows(few), strict=True))
            said = self.said(bodies, patches)
            here, clip = said[:BATCH], SmallTagger.pool(said[BATCH:])
            known, once = here[..., self.known], value.amax(1)
            sure = torch.where(once > 0.5, 1.0, (weight.amin(1) > 0).float())
            scores = _spread(self.scores(patches[:BATCH]), here.shape[1])
            loss = (_entropy(known, value) * weight).sum(2).mean()
            loss = loss + (_entropy(SmallTagger.pool(known), once) * sure).sum(1).mean()
            loss = loss + _entropy(here[..., self.others], scores[..., self.others]).sum(2).mean()
            step(loss + _entropy(clip[:, self.known], SURE * tags[few][:, self.known]).sum(1).mean())
        self.other.fold(self.tagger)


def _steps(
    other: OtherEar, count: int, rate: float, decay: float, often: Tensor, batch: int
) -> Iterator[tuple[Tensor, Callable[[Tensor], None]]]:
    """The rows of each batch, and what takes a step with its loss."""
    optimiser = torch.optim.AdamW(other.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=count + 1, pct_start=0.1)
    losses: list[float] = []

    def step(loss: Tensor) -> None:
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))

    other.train()
    for number in range(count):
        yield torch.multinomial(often, batch, replacement=True), step
        if number % 100 == 99:
            print(f"step {number + 1} of {count}: loss {np.mean(losses[-100:]):.2f}", flush=True)
    other.eval()


def _spread(patches: Tensor, frames: int) -> Tensor:
    """(n, patches, K) -> (n, frames, K)."""
    return functional.interpolate(patches.transpose(1, 2), size=frames, mode="linear").transpose(1, 2)


def _often(tags: Tensor) -> Tensor:
    """How often each clip is taken: rare classes more, (n, K) -> (n,)."""
    often = (tags * tags.sum(0).clamp(min=1).rsqrt()).amax(1)
    return torch.where(tags.any(1), often, often[tags.any(1)].min())


def _entropy(said: Tensor, wanted: Tensor) -> Tensor:
    said = said.clamp(1e-6, 1 - 1e-6)
    return -(wanted * said.log() + (1 - wanted) * torch.log1p(-said))


def _powers(waves: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Mean power in each frame of the tagger, (n, T) -> (n, F'); the last one, which is short, as the one before."""
    size = 2560
    powers = np.add.reduceat(np.square(waves), np.arange(0, waves.shape[1], size), axis=1) / size
    return np.pad(powers, ((0, 0), (0, frames - powers.shape[1])), mode="edge")


def main() -> None:
    """Parse, listen, learn, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("store", type=Path)
    parser.add_argument("yamnet", type=Path)
    parser.add_argument("class_map", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--segments", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model = load_model(asked.model, device="cpu", backend="eager")
    ears = Ears(model, Store(asked.store), load_yamnet(asked.yamnet), asked.class_map, asked.seed)
    clips, tags = ears.clips()
    ears.learn_clips(clips, tags)
    heard, wanted = ears.segments(asked.segments)
    ears.learn_segments(heard, wanted, clips, tags)
    model.tagger = ears.tagger
    arguments = {**model.spec["tagger"]["arguments"], "hidden": ears.tagger.listen.out_features}
    model.spec = {**model.spec, "tagger": {"name": "two-ears", "arguments": arguments}}
    model.save(asked.out, torch.float16, eight_bits=["tagger"])


if __name__ == "__main__":
    main()

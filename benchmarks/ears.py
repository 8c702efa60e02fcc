r"""Let the ears of a model hear in a scene what they hear of its sounds alone; its body stays as it is.

    python benchmarks/ears.py MODEL STORE -o OUT [--segments 5504 --epochs 3 --rate 5e-4 --new 0.5]

Segments of 2 s are cut of made-up scenes of training clips, as `unweave.evaluation.benchmarks.scenes` makes them: up
to three sounds at levels up to 20 dB apart, some over a bed, in a room, cut off in frequency. What the tagger hears in
each sound alone is what it should hear in the scene, as long as the sound is less than 20 dB below it. The features
under `context` and `head` are heard once; only those two layers are learnt, and mixed with the old ones (`--new`). On
one core the hearing takes 40 ms a segment, the learning 14 s an epoch. What it is worth: docs/experiments.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unweave import load_model
from unweave.data.augment import band_limit, change_speed, draw_speed, tilt
from unweave.data.store import Store
from unweave.evaluation.audible import BELOW_LOUDEST_DB, Stretch, audible_part
from unweave.evaluation.benchmarks.scenes import BED_DB, BEDS, LOUDEST_DB, RANGE_DB, ROOM_SECONDS
from unweave.taggers.small import SmallTagger

Wave = NDArray[np.float64]
SECONDS, EDGE, LEAST = 2.0, 160, 9600  # of a segment; samples of a fade; samples of a sound that must lie in a segment
SOUNDS = (0.1, 0.4, 0.35, 0.15)  # how often a segment has none, one, two, three
BED, ROOM, FASTER, TILTED, CUT = 0.65, 0.25, 0.5, 0.3, 0.2  # how often
FAINT_DB = -20.0  # a sound below this in the mixture need not be heard
BATCH, DROPOUT = 128, 0.2


@dataclass
class Sound:
    """What a sound adds to a segment, (T,), and the power in dB from which it is audible."""

    wave: Wave
    audible: float


class Segments:
    """Segments of made-up scenes of the training clips of a store."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.rng, self.rate = store, np.random.default_rng(seed), store.sample_rate
        self.samples = round(SECONDS * self.rate)
        rows = store.rows("train")
        self.beds = rows[np.isin([store.clips[int(row)].dataset for row in rows], BEDS)]
        apart = {key: clips[~np.isin(clips, self.beds)] for key, clips in store.members("train").items() if key >= 0}
        self.members = {key: clips for key, clips in apart.items() if len(clips)}
        self.keys = np.array(sorted(self.members))
        often = np.sqrt([len(self.members[key]) for key in self.keys])
        self.often = often / often.sum()
        self._stretches: dict[int, Stretch | None] = {}

    def draw(self) -> list[Sound]:
        """The sounds of the next segment."""
        rng = self.rng
        number = int(rng.choice(len(SOUNDS), p=SOUNDS))
        bed = rng.random() < BED or number == 0
        room = rng.uniform(*ROOM_SECONDS) if rng.random() < ROOM else None
        sounds = [self._bed()] if bed else []
        sounds += [self._placed(self._sound(), room) for _ in range(number)]
        if rng.random() < CUT:
            cutoff = float(rng.uniform(0.19, 0.75)) * self.rate / 2
            sounds = [
                Sound(band_limit(one.wave.astype(np.float32), cutoff, self.rate).astype(np.float64), one.audible)
                for one in sounds
            ]
        return sounds

    def _bed(self) -> Sound:
        while True:
            row = int(self.rng.choice(self.beds))
            start = int(self.rng.integers(0, max(1, int(self.store.lengths[row]) - self.samples)))
            wave = self.store.read(row, start, self.samples).astype(np.float64)
            if np.square(wave).mean() > 1e-9:
                break
        level = LOUDEST_DB - self.rng.uniform(-max(BED_DB), -min(BED_DB))
        return Sound(wave * 10 ** ((level - 10 * np.log10(np.square(wave).mean())) / 20), -200.0)

    def _sound(self) -> Sound:
        rng = self.rng
        while True:
            row = int(rng.choice(self.members[int(rng.choice(self.keys, p=self.often))]))
            if row not in self._stretches:
                self._stretches[row] = audible_part(self.store.read(row, 0, int(self.store.lengths[row])), self.rate)
            stretch = self._stretches[row]
            if stretch is not None:
                break
        heard = self.store.read(row, int(stretch.start * self.rate), int(stretch.seconds * self.rate))
        if rng.random() < FASTER:
            heard = change_speed(heard, draw_speed(rng, 0.15, 1.0), self.rate)
        if rng.random() < TILTED:
            heard = tilt(heard, float(rng.normal(0, 4)), self.rate)
        wave = heard.astype(np.float64)
        wave *= 10 ** ((LOUDEST_DB - rng.uniform(0, RANGE_DB) - 10 * np.log10(np.square(wave).mean() + 1e-12)) / 20)
        edge = np.sin(np.linspace(0, np.pi / 2, min(EDGE, len(wave) // 2))) ** 2
        wave[: len(edge)] *= edge
        wave[len(wave) - len(edge) :] *= edge[::-1]
        loudest = np.add.reduceat(np.square(wave), np.arange(0, len(wave), 640)).max() / 640
        return Sound(wave, 10 * np.log10(max(loudest, 1e-12)) - BELOW_LOUDEST_DB)

    def _placed(self, sound: Sound, room: float | None) -> Sound:
        wave = sound.wave if room is None else self._in_room(sound.wave, room)
        long, out = len(wave), np.zeros(self.samples)
        first, last = (-long + LEAST, self.samples - LEAST) if long > LEAST else (0, self.samples - long)
        at = int(self.rng.integers(first, last))
        start, end = max(0, at), min(self.samples, at + long)
        out[start:end] = wave[start - at : end - at]
        return Sound(out, sound.audible)

    def _in_room(self, wave: Wave, seconds: float) -> Wave:
        time = np.arange(int(seconds * self.rate)) / self.rate
        tail = self.rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
        tail *= np.sqrt(0.5 / np.square(tail).sum())
        long = len(wave) + len(tail)
        size = 1 << int(np.ceil(np.log2(long)))
        out = np.zeros(long + self.rate // 100)
        out[: len(wave)] = wave
        out[self.rate // 100 :] += np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[:long]
        return out


@dataclass
class Heard:
    """Features under the last layers (n, E, F), what should be heard (n, F, k), and where that is known (n, F, k)."""

    features: NDArray[np.float16]
    wanted: NDArray[np.float16]
    sure: NDArray[np.bool_]


@torch.inference_mode()
def hear(tagger: SmallTagger, segments: Segments, number: int, known: list[int]) -> Heard:
    """Hear scenes, and each of their sounds alone."""
    under: list[Tensor] = []
    handle = tagger.context.register_forward_hook(lambda module, given, out: under.append(given[0]))
    features, wanted, sure = [], [], []
    hop = round(segments.rate / tagger.frame_rate)
    for first in range(0, number, 16):
        drawn = [segments.draw() for _ in range(min(16, number - first))]
        mixtures = np.stack([sum(one.wave for one in sounds) for sounds in drawn]).astype(np.float32)
        under.clear()
        tagger(torch.from_numpy(mixtures))
        features.append(under[0].numpy().astype(np.float16))
        alone = np.stack([one.wave for sounds in drawn for one in sounds]).astype(np.float32)
        with torch.autocast("cpu", torch.bfloat16):
            said = iter(tagger(torch.from_numpy(alone)).frames.float().numpy()[:, :, known])
        for mixture, sounds in zip(mixtures, drawn, strict=True):
            every = np.zeros((features[-1].shape[2], len(known)), np.float32)
            loud = every.copy()
            whole = _powers(mixture, hop)
            for one in sounds:
                answer, own = next(said), _powers(one.wave.astype(np.float32), hop)
                if one.wave.any():
                    there = (own > one.audible) & (own - whole > FAINT_DB)
                    there = np.pad(there, (0, len(every) - len(there)), mode="edge")
                    every, loud = np.maximum(every, answer), np.maximum(loud, answer * there[:, None])
            wanted.append(loud.astype(np.float16))
            sure.append((every <= 0.1) | (loud >= 0.1))
    handle.remove()
    return Heard(np.concatenate(features), np.stack(wanted), np.stack(sure))


def _powers(wave: NDArray[np.float32], hop: int) -> Wave:
    powers: Wave = np.add.reduceat(np.square(wave, dtype=np.float64), np.arange(0, len(wave), hop)) / hop
    return 10 * np.log10(powers + 1e-12)


def learn(tagger: SmallTagger, heard: Heard, known: list[int], epochs: int, rate: float, new: float) -> None:
    """Learn the last two layers, and leave `new` of what was learnt, (1 - new) of the old."""
    layers = {f"{name}.{key}": value for name in ("context", "head") for key, value in _layer(tagger, name)}
    old = {name: value.detach().clone() for name, value in layers.items()}
    mine = {name: value.clone().requires_grad_() for name, value in old.items()}
    optimiser = torch.optim.AdamW(mine.values(), rate, weight_decay=0.0)
    steps = epochs * (len(heard.features) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps + 1, pct_start=0.1)
    others = torch.ones(tagger.classes, dtype=torch.bool)
    others[known] = False
    torch.manual_seed(0)
    order = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(heard.features), generator=order)[: steps // epochs * BATCH].view(-1, BATCH):
            x, wanted, sure = (torch.from_numpy(part[rows.numpy()]).float() for part in vars(heard).values())
            with torch.no_grad():
                before = _frames(x, old, 0.0)
            with torch.autocast("cpu", torch.bfloat16):
                frames = _frames(functional.dropout(x, DROPOUT), mine, DROPOUT)
            here, clip = frames[:, :, known], wanted.amax(1)
            certain = ((clip > 0.5) | (sure.amin(1) > 0)).float()
            loss = (_cross_entropy(here, wanted) * sure).sum(2).mean()
            loss = loss + (_cross_entropy(tagger.pool(here), clip) * certain).sum(1).mean()
            loss = loss + _cross_entropy(frames[:, :, others], before[:, :, others]).sum(2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        for name, value in layers.items():
            value.copy_((1 - new) * old[name] + new * mine[name])


def _layer(tagger: SmallTagger, name: str) -> list[tuple[str, Tensor]]:
    return list(getattr(tagger, name).named_parameters())


def _frames(x: Tensor, layers: dict[str, Tensor], dropout: float) -> Tensor:
    x = x + torch.relu(functional.conv1d(x, layers["context.weight"], layers["context.bias"], padding=2))
    x = functional.dropout(x, dropout).transpose(1, 2)
    return torch.sigmoid(functional.linear(x, layers["head.weight"], layers["head.bias"]).float())


def _cross_entropy(said: Tensor, wanted: Tensor) -> Tensor:
    said = said.clamp(1e-6, 1 - 1e-6)
    return -(wanted * said.log() + (1 - wanted) * torch.log1p(-said))


def main() -> None:
    """Parse, hear, learn, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("store", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--segments", type=int, default=5504)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--new", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    model = load_model(arguments.model, device="cpu")
    known = sorted(model.settings.known or range(len(model.labels)))
    heard = hear(model.tagger, Segments(Store(arguments.store), arguments.seed), arguments.segments, known)
    learn(model.tagger, heard, known, arguments.epochs, arguments.rate, arguments.new)
    model.save(arguments.out, torch.float16)


if __name__ == "__main__":
    main()

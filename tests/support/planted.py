"""A store in memory of planted sounds: a burst of a class somewhere in faint noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.data.collection import Clip
from unweave.data.vocabulary import Vocabulary

NAMES = ("hiss", "hum", "whistle")
RATE = 32000


def burst(key: int, rng: np.random.Generator, length: int) -> NDArray[np.float32]:
    """A burst of class `key`, (length,): noise, a low harmonic tone, a high pure tone."""
    time = np.arange(length) / RATE
    if key == 0:
        return 0.2 * rng.standard_normal(length).astype(np.float32)
    if key == 1:
        base = 120 * rng.uniform(0.9, 1.1)
        return sum(0.2 / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 6)).astype(np.float32)
    return (0.3 * np.sin(2 * np.pi * 3000 * rng.uniform(0.9, 1.1) * time)).astype(np.float32)


class PlantedStore:
    """As `unweave.data.store.Store`; `each` says how many clips of the three classes there are in every split.

    Attributes:
        bursts: first and last sample of the burst of each clip.
    """

    def __init__(self, seconds: float = 2.0, **each: tuple[int, int, int]) -> None:
        self.sample_rate, self.vocabulary = RATE, Vocabulary.own(NAMES)
        rng = np.random.default_rng(0)
        self.clips: list[Clip] = []
        self.waves: list[NDArray[np.float32]] = []
        self.bursts: list[tuple[int, int]] = []
        length = int(seconds * RATE)
        for split, counts in each.items():
            for key, count in enumerate(counts):
                for i in range(count):
                    wave = 0.001 * rng.standard_normal(length).astype(np.float32)
                    start, size = int(rng.integers(0, length // 2)), length // 2
                    wave[start : start + size] += burst(key, rng, size)
                    name = f"{NAMES[key]}-{split}-{i}.wav"
                    self.clips.append(Clip(Path(name), (key,), NAMES[key], name, split, "planted", RATE / 2))
                    self.waves.append(wave)
                    self.bursts.append((start, start + size))

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.array([len(wave) for wave in self.waves], np.int64)

    def __len__(self) -> int:
        return len(self.clips)

    def rows(self, split: str) -> NDArray[np.int64]:
        return np.array([row for row, clip in enumerate(self.clips) if clip.split == split], np.int64)

    def members(self, split: str) -> dict[int, NDArray[np.int64]]:
        members: dict[int, list[int]] = {}
        for row in self.rows(split).tolist():
            for key in self.classes(row) or (-1,):
                members.setdefault(key, []).append(row)
        return {key: np.array(rows, np.int64) for key, rows in members.items()}

    def classes(self, row: int) -> tuple[int, ...]:
        return self.clips[row].classes

    def name(self, row: int) -> str:
        return str(self.clips[row].path)

    def targets(self, rows: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        out = np.zeros((len(self), len(self.vocabulary)), bool)
        for row in range(len(self)):
            out[row, list(self.classes(row))] = True
        return out if rows is None else out[rows]

    def read(self, row: int, start: int, length: int) -> NDArray[np.float32]:
        first, last = max(start, 0), min(start + length, len(self.waves[row]))
        out = np.zeros(length, np.float32)
        if last > first:
            out[first - start : last - start] = self.waves[row][first:last]
        return out


class TwoTagged(PlantedStore):
    """Clips that are tagged with two classes: the burst of the first sounds before that of the second.

    Attributes:
        spans: first and last sample of the burst of each class of each clip.
    """

    def __init__(self, **each: int) -> None:
        super().__init__(**{split: (0, 0, 0) for split in each})
        rng, length, size = np.random.default_rng(1), 2 * RATE, RATE * 3 // 4
        self.spans: list[dict[int, tuple[int, int]]] = []
        for split, count in each.items():
            for i in range(count):
                tags = ((0, 1), (1, 2), (2, 0))[i % 3]
                wave = 0.001 * rng.standard_normal(length).astype(np.float32)
                starts = int(rng.integers(0, RATE // 4)), int(rng.integers(RATE, RATE + RATE // 4))
                for key, start in zip(tags, starts, strict=True):
                    wave[start : start + size] += burst(key, rng, size)
                name = f"{split}-{i}.wav"
                self.clips.append(Clip(Path(name), tuple(sorted(tags)), name, name, split, "planted", RATE / 2))
                self.waves.append(wave)
                self.spans.append({key: (start, start + size) for key, start in zip(tags, starts, strict=True)})
        self.bandwidths = np.full(len(self), RATE // 2, np.float32)

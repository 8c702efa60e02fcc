"""Segments made up of training clips, and what can be heard of each of their sounds, for `ears.py`.

Up to three sounds, the audible part of a clip each, some played faster or slower, tilted, in a room, in one frequency
band; most of them over a bed of background. Rooms are noise that dies away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from unweave.data.augment import band_limit, change_speed, draw_speed, tilt
from unweave.data.store import Store
from unweave.evaluation.audible import Stretch, audible_part

Wave = NDArray[np.float64]
BEDS = "ambient"  # the data set of recordings that lie under everything
SOUNDS = (0.1, 0.4, 0.35, 0.15)  # how often none, one, two, three of them
BED_SHARE, ROOM_SHARE, SPEED_SHARE, TILT_SHARE, BAND_SHARE = 0.65, 0.25, 0.5, 0.3, 0.2
LEVEL_DB, SOUND_DB, BED_DB = -26.0, (0.0, 20.0), (12.0, 28.0)  # mean of the loudest; how far below it they lie
UNHEARD_DB = 40.0  # below its own loudest 20 ms a sound counts as silent
EDGE = 160  # samples in which a cut-out sound begins and ends
LEAST = 9600  # samples of a sound that lie in the segment


@dataclass
class Stem:
    """One sound of a segment: the clip's row, what it gives (T,), and the power below which it counts as silent."""

    row: int
    wave: Wave
    floor: float
    bed: bool


class Segments:
    """Draws them.

    Args:
        store: of clips; those of its `train` are taken.
        samples: T.
        seed: of all that is drawn.
    """

    def __init__(self, store: Store, samples: int, seed: int) -> None:
        self.store, self.samples, self.rng = store, samples, np.random.default_rng(seed)
        rows = store.rows("train")
        self.beds = rows[np.array([store.clips[int(row)].dataset == BEDS for row in rows])]
        members = {k: v[~np.isin(v, self.beds)] for k, v in store.members("train").items() if k >= 0}
        self.members = {k: v for k, v in sorted(members.items()) if len(v)}
        often = np.sqrt([len(v) for v in self.members.values()])
        self.keys, self.often = np.array(list(self.members)), often / often.sum()
        self.part = cache(self._part)

    def draw(self, count: int) -> Iterator[list[Stem]]:
        """So many segments, each as the sounds that it is the sum of."""
        for _ in range(count):
            yield self._segment()

    def _segment(self) -> list[Stem]:
        rng, rate = self.rng, self.store.sample_rate
        sounds = int(rng.choice(len(SOUNDS), p=SOUNDS))
        room = rng.uniform(0.2, 0.8) if rng.random() < ROOM_SHARE else None
        stems = [self._bed()] if len(self.beds) and (rng.random() < BED_SHARE or not sounds) else []
        for _ in range(sounds if stems else max(1, sounds)):
            stems.append(self._sound(room))
        if rng.random() < BAND_SHARE:
            cutoff = float(rng.uniform(0.19, 0.75)) * rate / 2
            for stem in stems:
                stem.wave = band_limit(stem.wave.astype(np.float32), cutoff, rate).astype(np.float64)
        return stems

    def _bed(self) -> Stem:
        while True:
            row = int(self.rng.choice(self.beds))
            start = int(self.rng.integers(0, max(1, self.store.lengths[row] - self.samples)))
            wave = self._whole(self.store.read(row, start, self.samples).astype(np.float64))
            if np.square(wave).mean() > 1e-9:
                return Stem(row, _at_level(wave, LEVEL_DB - self.rng.uniform(*BED_DB)), 0.0, bed=True)

    def _sound(self, room: float | None) -> Stem:
        rng, rate = self.rng, self.store.sample_rate
        part = None
        while part is None:
            row = int(rng.choice(self.members[int(rng.choice(self.keys, p=self.often))]))
            part = self.part(row)
        short = self.store.read(row, int(part.start * rate), int(part.seconds * rate))
        if rng.random() < SPEED_SHARE:
            short = change_speed(short, draw_speed(rng, 0.15, 1.0), rate)
        if rng.random() < TILT_SHARE:
            short = tilt(short, float(rng.normal(0, 4)), rate)
        wave = _at_level(short.astype(np.float64), LEVEL_DB - rng.uniform(*SOUND_DB))
        edge = np.sin(np.linspace(0, np.pi / 2, min(EDGE, len(wave) // 2))) ** 2
        wave[: len(edge)] *= edge
        wave[len(wave) - len(edge) :] *= edge[::-1]
        frames = np.add.reduceat(np.square(wave), np.arange(0, len(wave), 640)) / 640
        floor = float(frames.max()) * 10 ** (-UNHEARD_DB / 10)
        if room is not None:
            wave = _in_room(wave, room, rate, rng)
        low, high = (LEAST - len(wave), self.samples - LEAST) if len(wave) > LEAST else (0, self.samples - len(wave))
        at = int(rng.integers(low, high))
        placed = np.zeros(self.samples)
        start, end = max(0, at), min(self.samples, at + len(wave))
        placed[start:end] = wave[start - at : end - at]
        return Stem(row, placed, floor, bed=False)

    def _part(self, row: int) -> Stretch | None:
        return audible_part(self.store.read(row, 0, int(self.store.lengths[row])), self.store.sample_rate)

    def _whole(self, wave: Wave) -> Wave:
        return np.pad(wave, (0, self.samples - len(wave)))


def _at_level(wave: Wave, decibels: float) -> Wave:
    """The same with a mean power of so many dB."""
    return wave * 10 ** ((decibels - 10 * np.log10(np.square(wave).mean() + 1e-12)) / 20)


def _in_room(wave: Wave, seconds: float, rate: int, rng: np.random.Generator) -> Wave:
    """With an echo that falls by 60 dB in so many seconds and has half of the direct sound's energy."""
    time = np.arange(int(seconds * rate)) / rate
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail *= np.sqrt(0.5 / np.square(tail).sum())
    size = 1 << int(np.ceil(np.log2(len(wave) + len(tail))))
    echo = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)
    heard = np.zeros(len(wave) + len(tail) + EDGE * 2)
    heard[: len(wave)] += wave
    heard[2 * EDGE :] += echo[: len(wave) + len(tail)]
    return heard

"""From an item to its mixture and its target: read, brought to one rate and length, mixed at the item's ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.audio.energy import match_energy
from unweave.audio.io import read_audio
from unweave.audio.resampling import resample
from unweave.data.augment import band_limit
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Piece

Samples = NDArray[np.float32]
KEPT = 64  # decoded files; clips come again and again, songs do not fit
LONGEST_KEPT = 40.0  # s


@dataclass(frozen=True)
class Mixture:
    """A mixture and its target, both (C, T), at `sample_rate` Hz."""

    mixture: Samples
    target: Samples
    sample_rate: int


def make_mixture(benchmark: Benchmark, item: Item) -> Mixture:
    """The sound of an item.

    Sources at the item's ratio are scaled each for itself, so that three sources at 0 dB are equally loud. A silent
    source, or silent target, is not scaled: no factor gives it the energy of another. Without a target, the first of
    the others takes its place in that.

    Raises:
        UnweaveError: a file that cannot be read, or sounds of different rates or channels where they are to be kept.
    """
    first, rate = _sum(benchmark, item.target or item.others[:1])
    if item.mixture is not None:
        mixture, other_rate = read_piece(benchmark, item.mixture)
        _check_same(item, rate, other_rate)
    else:
        mixture = first
        for piece in item.others if item.target else item.others[1:]:
            other, other_rate = read_piece(benchmark, piece)
            _check_same(item, rate, other_rate)
            first, other = _same_shape(first, other)
            if item.snr is not None and first.any():
                # The energies are those of all channels together.
                loud = match_energy(first.reshape(-1), other.reshape(-1)).reshape(other.shape)
                other = loud * np.float32(10 ** (-item.snr / 20))
            mixture, other = _same_shape(mixture, other)
            mixture = mixture + other
    target, mixture = _same_shape(first if item.target else np.zeros_like(first), mixture)
    if benchmark.seconds is not None:
        length = round(benchmark.seconds * rate)
        target, mixture = (_fit(wave, length) for wave in (target, mixture))
    if benchmark.lowpass is not None:
        target, mixture = (
            np.stack([band_limit(channel, benchmark.lowpass, rate) for channel in wave]) for wave in (target, mixture)
        )
    return Mixture(np.ascontiguousarray(mixture, np.float32), np.ascontiguousarray(target, np.float32), rate)


def read_piece(benchmark: Benchmark, piece: Piece) -> tuple[Samples, int]:
    """A stretch of a file, (C, T), and its rate: the benchmark's, or the file's own."""
    return read_stretch(benchmark.root, piece, benchmark.sample_rate, benchmark.mono)


def read_stretch(root: Path, piece: Piece, sample_rate: int | None, mono: bool) -> tuple[Samples, int]:
    """The same for a benchmark in `root` at `sample_rate` Hz."""
    wave, rate = _read(root / piece.path, piece.stream, sample_rate, mono)
    start = round(piece.start * rate)
    if piece.seconds is None:
        return wave[:, start:], rate
    return _fit(wave[:, start:], round(piece.seconds * rate)), rate


def _read(path: Path, stream: int, sample_rate: int | None, mono: bool) -> tuple[Samples, int]:
    wave, rate = _kept(path, stream, sample_rate, mono)
    if wave.shape[1] > LONGEST_KEPT * rate:
        _kept.cache_clear()
    return wave, rate


@lru_cache(maxsize=KEPT)
def _kept(path: Path, stream: int, sample_rate: int | None, mono: bool) -> tuple[Samples, int]:
    wave, rate = read_audio(path, stream)
    if mono:
        wave = wave.mean(axis=0, keepdims=True, dtype=np.float32)
    if sample_rate is not None:
        wave, rate = resample(wave, rate, sample_rate), sample_rate
    return wave, rate


def _sum(benchmark: Benchmark, pieces: Sequence[Piece]) -> tuple[Samples, int]:
    total, rate = read_piece(benchmark, pieces[0])
    for piece in pieces[1:]:
        wave, other = read_piece(benchmark, piece)
        if other != rate:
            raise UnweaveError(f"{piece.path} has {other} Hz and {pieces[0].path} {rate}; they cannot be added up.")
        total, wave = _same_shape(total, wave)
        total = total + wave
    return total, rate


def _same_shape(one: Samples, two: Samples) -> tuple[Samples, Samples]:
    """Silence behind the shorter one; a mono sound in as many channels as the other has."""
    length, channels = max(one.shape[1], two.shape[1]), max(len(one), len(two))
    made = []
    for wave in (one, two):
        wave = np.repeat(wave, channels, axis=0) if len(wave) == 1 else wave
        made.append(_fit(wave, length))
    if len(made[0]) != len(made[1]):
        raise UnweaveError(f"Sounds of {len(one)} and of {len(two)} channels cannot be mixed; ask for mono=true.")
    return made[0], made[1]


def _fit(wave: Samples, length: int) -> Samples:
    return np.pad(wave[:, :length], ((0, 0), (0, max(0, length - wave.shape[1]))))


def _check_same(item: Item, rate: int, other: int) -> None:
    if rate != other:
        raise UnweaveError(f"The item {item.id} mixes sounds of {rate} and {other} Hz; prepare it at one sample rate.")

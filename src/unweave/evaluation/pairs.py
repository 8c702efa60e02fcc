"""Pairs of held-out clips: 2 s around the loudest part, equal energy, one asked for by the name of its class.

Only clips of the valid split of one data set whose class has an AudioSet name are used; pairs are a function of the
seed alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unweave.audio.energy import match_energy
from unweave.audio.io import read_audio
from unweave.audio.resampling import resample
from unweave.data.collection import Clip
from unweave.data.index import read_index
from unweave.data.loudest import loudest_start
from unweave.errors import UnweaveError
from unweave.evaluation.metrics.sdr import sdr_improvement
from unweave.model import Model


@dataclass
class PairScores:
    """What `measure_pairs` found.

    Attributes:
        model: SDRi in dB of each mixture, by class.
        oracle: the same for an ideal ratio mask, which knows both sources.
        right: share of targets whose class the tagger finds likeliest among the set's classes.
    """

    model: dict[str, list[float]] = field(default_factory=dict)
    oracle: dict[str, list[float]] = field(default_factory=dict)
    right: float = 0.0


def ideal_ratio_mask(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """`first` out of first + second by the mask |S1| / (|S1| + |S2|) of their spectrograms, (T,)."""
    import torch

    from unweave.audio.stft import Stft

    stft = Stft(2048, 640)
    one, two = (stft(torch.from_numpy(source)[None]) for source in (first, second))
    mask = one.abs() / (one.abs() + two.abs() + 1e-8)
    out: NDArray[np.float32] = stft.inverse((one + two) * mask, len(first))[0].numpy()
    return out


def measure_pairs(
    model: Model,
    index: str,
    dataset: str = "esc50",
    each: int = 20,
    seconds: float = 2.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> PairScores:
    """Ask `model` for the class of one of two held-out sounds, `each` times for each class.

    Raises:
        UnweaveError: the index has no valid clips of the data set, or the model has no tagger.
    """
    import torch

    clips = [c for c in read_index(index) if c.dataset == dataset and c.split == "valid" and len(c.classes) == 1]
    if not clips or model.tagger is None:
        raise UnweaveError(f"{index} has no valid clips of {dataset} with a class, or the model has no tagger.")
    rng = np.random.default_rng(seed)
    names = sorted({clip.classes[0] for clip in clips})
    sounds: dict[Clip, NDArray[np.float32]] = {}

    def sound(clip: Clip) -> NDArray[np.float32]:
        if clip not in sounds:
            audio, rate = read_audio(clip.path)
            wave = resample(audio.mean(0, keepdims=True), rate, model.sample_rate)[0]
            length = round(seconds * model.sample_rate)
            wave = np.pad(wave, (0, max(0, length - len(wave))))
            start = loudest_start(wave, length)
            sounds[clip] = wave[start : start + length]
        return sounds[clip]

    scores = PairScores()
    done = 0
    for name in names:
        label = model.labels[name]
        mine, others = [c for c in clips if c.classes[0] == name], [c for c in clips if c.classes[0] != name]
        for _ in range(each):
            first, second = sound(mine[rng.integers(len(mine))]), sound(others[rng.integers(len(others))])
            second = match_energy(first, second)
            mixture = first + second
            track = model.separate(mixture, model.sample_rate, classes=[label], residual=False)[0]
            scores.model.setdefault(label, []).append(sdr_improvement(first, track.audio[0], mixture))
            oracle = ideal_ratio_mask(first, second)
            scores.oracle.setdefault(label, []).append(sdr_improvement(first, oracle, mixture))
            done += 1
            if progress:
                progress(done, each * len(names))
    right = 0
    with torch.no_grad():
        for clip in clips:
            right += (
                names[int(model.tagger(torch.from_numpy(sound(clip))[None]).clip[0, names].argmax())] == clip.classes[0]
            )
    scores.right = right / len(clips)
    return scores

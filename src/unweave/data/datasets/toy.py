"""Made-up sounds to try everything on: six classes that differ in pitch, noise and rhythm. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.atomic import complete_folder
from unweave.data.collection import Collection
from unweave.data.datasets.base import datasets
from unweave.data.datasets.folder import folder
from unweave.errors import UnweaveError

RATE = 32000
Wave = NDArray[np.float64]
Draw = Callable[[Wave, np.random.Generator], Wave]


def _beep(time: Wave, rng: np.random.Generator) -> Wave:
    return np.asarray(np.sin(2 * np.pi * rng.uniform(850, 1150) * time))


def _chirp(time: Wave, rng: np.random.Generator) -> Wave:
    low, high = rng.uniform(1800, 2200), rng.uniform(3500, 4500)
    return np.asarray(np.sin(2 * np.pi * (low * time + (high - low) * time**2 / (2 * time[-1] + 1e-9))))


def _hum(time: Wave, rng: np.random.Generator) -> Wave:
    pitch = rng.uniform(90, 130)
    return np.asarray(sum(np.sin(2 * np.pi * pitch * k * time + k) / k for k in range(1, 6)))


def _noise(time: Wave, rng: np.random.Generator, low: float, high: float) -> Wave:
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    hertz = np.fft.rfftfreq(len(time), 1 / RATE)
    noise = np.fft.irfft(spectrum * ((hertz > low) & (hertz < high)), len(time))
    return np.asarray(noise / (noise.std() + 1e-9))


def _hiss(time: Wave, rng: np.random.Generator) -> Wave:
    return 0.5 * _noise(time, rng, rng.uniform(5500, 6500), 12000)


def _rumble(time: Wave, rng: np.random.Generator) -> Wave:
    return 0.5 * _noise(time, rng, 200, rng.uniform(600, 800))


def _clicks(time: Wave, rng: np.random.Generator) -> Wave:
    phase = np.mod(time * rng.uniform(9, 14), 1.0)
    return np.asarray(np.exp(-phase * 60) * np.sin(2 * np.pi * 5000 * time))


SOUNDS: dict[str, Draw] = {
    "beep": _beep, "chirp": _chirp, "clicks": _clicks, "hiss": _hiss, "hum": _hum, "rumble": _rumble
}  # fmt: skip


def toy_sound(name: str, seed: int, seconds: float = 4.0) -> NDArray[np.float32]:
    """One clip of a class: two or three events and silence between them, (T,) at 32 kHz."""
    rng = np.random.default_rng([list(SOUNDS).index(name), seed])
    wave = np.zeros(round(seconds * RATE))
    for start in np.arange(0, seconds - 0.5, seconds / 3):
        length = round(rng.uniform(0.7, 1.1) * seconds / 3 * RATE)
        first = round((start + rng.uniform(0, 0.1)) * RATE)
        time = np.arange(min(length, len(wave) - first)) / RATE
        fade = np.clip(np.minimum(time, time[::-1]) / 0.02, 0, 1)
        if rng.random() < 0.85:
            wave[first : first + len(time)] += rng.uniform(0.2, 0.5) * fade * SOUNDS[name](time, rng)
    if not wave.any():
        return toy_sound(name, seed + 1000, seconds)
    return np.asarray(wave / max(1.0, np.abs(wave).max()), np.float32)


@datasets.register("toy")
def toy(root: Path, clips: int = 12, valid: int = 4) -> Collection:
    """The made-up sounds; they are written to `root` if it is not there.

    Args:
        root: folder of the sounds.
        clips: of each class to train on.
        valid: of each class to validate on.

    Raises:
        UnweaveError: a number below one, or nothing can be written there.
    """
    if clips < 1 or valid < 1:
        raise UnweaveError(f"Each class needs a clip to learn from and one to check; got {clips} and {valid}.")
    root = Path(root)
    if not root.exists():
        import soundfile

        with complete_folder(root) as part:
            for name in SOUNDS:
                for number in range(clips + valid):
                    place = part / ("train" if number < clips else "valid") / name
                    place.mkdir(parents=True, exist_ok=True)
                    soundfile.write(place / f"{name}-{number}.wav", toy_sound(name, number), RATE, "PCM_16")
    return replace(folder(root, labels="own"), name="toy")

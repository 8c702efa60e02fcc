"""What lies above the band that a model hears: does sharing it out help? Mixtures of two held-out sounds, measured.

    python benchmarks/above.py ../shared/data [--model MODEL] [--mixtures 60] [--seed 3]

The clips have 32 kHz, so each is played half as fast again: what was there up to 16 kHz then lies up to 24 kHz, in
recordings of 48 kHz. Mixtures of 4 s are of two sounds of different classes at equal energy, both with something
above 16 kHz; the first is asked for by its class. Printed: SDR above 16 kHz alone (0 dB for a track that has nothing
there), and SDR of all of it without and with what lies above, in dB, their means, and the paired difference with its
standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from unwanted import held_out, homes

import unweave
from unweave.audio.energy import match_energy, rms_db, trim_silence
from unweave.audio.io import read_audio
from unweave.audio.resampling import resample
from unweave.evaluation.metrics.sdr import sdr

Samples = NDArray[np.float32]
RATE, SECONDS = 48000, 4.0
LEAST_DB = -35.0  # of a sound, that lie above the band


def quicker(path: Path) -> Samples:
    """A clip, half as fast again, without its silence, repeated if it is shorter, (1, T)."""
    wave, rate = read_audio(path)
    wave = trim_silence(resample(wave.mean(axis=0, keepdims=True), rate, RATE * 2 // 3), RATE)[0]
    return np.resize(wave, round(SECONDS * RATE))[None].astype(np.float32) if len(wave) else np.zeros((1, 1), "f4")


def above(wave: Samples, rate: int) -> Samples:
    """What of it a model at `rate` does not hear."""
    return wave - resample(resample(wave, RATE, rate), rate, RATE)[:, : wave.shape[1]]


def main() -> None:
    """Mix, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--mixtures", type=int, default=60)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    model, dice = unweave.load_model(asked.model, backend="eager"), random.Random(asked.seed)
    rows, far, low = held_out(model, asked.data), homes(model, 1), model.sample_rate
    bands, without, within = [], [], []
    while len(bands) < asked.mixtures:
        wanted = dice.choice(sorted(rows))
        other = dice.choice([index for index in sorted(rows) if not far[index] & far[wanted]])
        target, noise = (quicker(asked.data / dice.choice(rows[index])["path"]) for index in (wanted, other))
        if any(rms_db(above(one, low)) < rms_db(one) + LEAST_DB for one in (target, noise) if one.any()):
            continue
        if not (target.any() and noise.any()):
            continue
        mixture = target + match_energy(target, noise)
        found = []
        for full in (False, True):
            model.settings = dataclasses.replace(model.settings, full_band=full)
            found.append(model.separate(mixture, RATE, classes=wanted, residual=False)[0].audio)
        bands.append(sdr(above(target, low)[0], above(found[1], low)[0]))
        without.append(sdr(target[0], found[0][0]))
        within.append(sdr(target[0], found[1][0]))
    more = np.array(within) - np.array(without)
    print(f"{len(bands)} mixtures, {model.name}, seed {asked.seed}")
    print(f"above {low // 2000} kHz: {np.mean(bands):.2f} dB, median {np.median(bands):.2f}, better than nothing in "
          f"{np.mean(np.array(bands) > 0):.0%}")  # fmt: skip
    print(f"whole band: {np.mean(without):.2f} dB without, {np.mean(within):.2f} dB with; {more.mean():+.2f} "
          f"+- {more.std() / len(more) ** 0.5:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()

"""A tiny collection of tagged sounds for tests: tones, noise and chirps in the layout of an index.csv."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile

CLASSES = {
    "Dog": "/m/0bt9lr",
    "Rain": "/m/06mb1",
    "Siren": "/m/03kmc9",
    "Speech": "/m/09x0r",
    "Church bell": "/m/03w41f",
}
COLUMNS = ["path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr"]


def sound(name: str, seed: int, seconds: float = 3.0, rate: int = 32000) -> np.ndarray:
    """One made-up sound of a class, (T,) float32; each class has a spectrum of its own."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    number = list(CLASSES).index(name)
    if number == 1:
        wave = rng.standard_normal(len(time))
    else:
        base = 200.0 * (number + 1) * rng.uniform(0.95, 1.05)
        wave = sum(np.sin(2 * np.pi * base * k * time) / k for k in range(1, 5))
    gate = (np.sin(2 * np.pi * rng.uniform(0.4, 0.6) * time + seed) > -0.5).astype(float)
    return (0.2 * wave * gate).astype(np.float32)


def write_collection(folder: Path, each: int = 3) -> Path:
    """`each` training clips and two valid clips of every class, and one clip without a class; returns the index."""
    rows = []
    for name, mid in CLASSES.items():
        for i in range(each + 2):
            path = f"{name}-{i}.wav"
            soundfile.write(folder / path, sound(name, i), 32000)
            split = "train" if i < each else "valid"
            rows.append([path, "made", split, f"{name}-{i}", name, mid, 32000])
    soundfile.write(folder / "nothing.wav", sound("Rain", 99)[:20000], 32000)
    rows.append(["nothing.wav", "made", "train", "nothing", "unknown", "", 16000])
    with open(folder / "index.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder / "index.csv"

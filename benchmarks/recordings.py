"""Recordings of any length: the scene of `examples/`, again and again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from unweave.audio.io import read_audio
from unweave.audio.resampling import resample

SCENE = Path(__file__).parents[1] / "examples" / "scene.flac"


def write_scene(path: Path, seconds: float, mono: bool) -> Path:
    """Write the scene at 32 kHz in mono, which both sides take as it is, or at its own 44.1 kHz in stereo."""
    samples, rate = read_audio(SCENE)
    if mono:
        samples, rate = resample(samples.mean(axis=0, keepdims=True, dtype=np.float32), rate, 32000), 32000
    left = round(seconds * rate)
    with soundfile.SoundFile(path, "w", rate, len(samples), "PCM_16") as file:
        while left > 0:
            file.write(samples[:, :left].T)
            left -= samples.shape[1]
    return path

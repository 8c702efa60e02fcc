"""A recording that is read in blocks, from a file that libsndfile knows or from memory."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from unweave_light.errors import LightError
from unweave_light.spectra import Samples


class Recording:
    """Samples in memory, (C, T) or (T,) in floating point with full scale 1.0, and their rate in Hz."""

    floating = True

    def __init__(self, audio: Any, sample_rate: int) -> None:
        audio = np.asarray(audio)
        audio = audio[None] if audio.ndim == 1 else audio
        if audio.ndim != 2 or not 1 <= len(audio) <= 64 or not audio.shape[1] or audio.dtype.kind != "f":
            raise LightError("Samples are (C, T) or (T,) in floating point, with at most 64 channels.")
        if isinstance(sample_rate, bool) or int(sample_rate) != sample_rate or not 1000 <= sample_rate <= 768_000:
            raise LightError(f"A sample rate lies between 1000 and 768000 Hz; {sample_rate!r} does not.")
        self._audio = _clean(audio.astype(np.float32))
        self.sample_rate, self.channels, self.samples = int(sample_rate), len(audio), audio.shape[1]

    def blocks(self, size: int) -> Iterator[Samples]:
        """Pieces (C, n), n <= size."""
        for start in range(0, self.samples, size):
            yield self._audio[:, start : start + size]


class FileRecording(Recording):
    """A wav, flac, ogg, mp3 or another file that libsndfile reads.

    Raises:
        LightError: it cannot be read, or holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise LightError(f"There is no file {path}.")
        try:
            info = soundfile.info(str(path))
        except soundfile.SoundFileError as error:
            raise LightError(
                f"{path} cannot be read as sound ({str(error).rsplit(':', 1)[-1].strip()}); the light way reads wav, "
                "flac, ogg, opus and mp3. Whole unweave reads videos and m4a too."
            ) from None
        if not info.frames:
            raise LightError(f"{path} holds no sound.")
        self.floating = info.subtype in ("FLOAT", "DOUBLE")
        self.sample_rate, self.channels, self.samples = info.samplerate, info.channels, info.frames

    def blocks(self, size: int) -> Iterator[Samples]:
        """Pieces (C, n), n <= size."""
        try:
            for block in soundfile.blocks(str(self.path), size, dtype="float32", always_2d=True):
                yield _clean(np.ascontiguousarray(block.T))
        except soundfile.SoundFileError as error:
            raise LightError(f"{self.path} is damaged: {error}") from None


def open_recording(audio: Any, sample_rate: int | None = None) -> Recording:
    """A file by its path, or samples with their rate."""
    if isinstance(audio, (str, PathLike)):
        return FileRecording(Path(audio))
    if sample_rate is None:
        raise LightError("Samples need their sample_rate in Hz.")
    return Recording(audio, sample_rate)


def _clean(samples: Samples) -> Samples:
    """What is no number is silence."""
    return np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)

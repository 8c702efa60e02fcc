"""All clips of a collection in one HDF5 file: int16 waveforms end to end, and where each begins.

HDF5 of int16 is half the size of float32 and read in slices; a file is opened when first read, so that each worker
process has its own handle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.audio.io import read_audio
from unweave.audio.resampling import resample
from unweave.data.collection import Clip
from unweave.errors import UnweaveError


def build_store(
    clips: Sequence[Clip],
    path: str | Path,
    sample_rate: int = 32000,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Write the store of `clips` (mono, int16); returns a sentence for each clip that could not be read.

    A clip whose peak passes full scale is scaled down rather than clipped. The file is written beside and renamed.
    """
    import h5py

    path = Path(path)
    part = path.with_name(path.name + ".part")
    skipped: list[str] = []
    rows: list[dict[str, Any]] = []
    total = 0
    with h5py.File(part, "w") as file:
        waveform = file.create_dataset("waveform", (0,), "int16", maxshape=(None,), chunks=(1 << 16,))
        for number, clip in enumerate(clips):
            try:
                audio, rate = read_audio(clip.path)
            except UnweaveError as error:
                skipped.append(str(error))
                continue
            mono = resample(audio.mean(0, keepdims=True), rate, sample_rate)[0]
            mono = mono / max(1.0, float(np.abs(mono).max()))
            waveform.resize(total + len(mono), axis=0)
            waveform[total:] = np.round(mono * 32767).astype(np.int16)
            row = clip.__dict__ | {"path": str(clip.path), "offset": total, "length": len(mono)}
            rows.append(row)
            total += len(mono)
            if progress:
                progress(number + 1, len(clips))
        file.attrs["sample_rate"] = sample_rate
        file.create_dataset("clips", data=np.frombuffer(json.dumps(rows).encode(), np.uint8))
    part.replace(path)
    return skipped


class Store:
    """A store that `build_store` wrote.

    Attributes:
        clips: in the order of the store.
        offsets, lengths: first sample and number of samples of each clip, (clips,) int64.
        sample_rate: in Hz.
    """

    def __init__(self, path: str | Path) -> None:
        import h5py

        self.path = Path(path)
        if not self.path.is_file():
            raise UnweaveError(f"There is no store {path}; make one first.")
        with h5py.File(self.path, "r") as file:
            rows = json.loads(bytes(file["clips"][:]).decode())
            self.sample_rate = int(file.attrs["sample_rate"])
        self.offsets = np.array([row.pop("offset") for row in rows], np.int64)
        self.lengths = np.array([row.pop("length") for row in rows], np.int64)
        self.clips = [Clip(**row | {"path": Path(row["path"]), "classes": tuple(row["classes"])}) for row in rows]
        self._waveform: Any = None

    def read(self, clip: int, start: int, length: int) -> NDArray[np.float32]:
        """Samples start .. start + length of clip number `clip`; what lies outside the clip is silence.

        Shape:
            -> (length,), full scale 1.0
        """
        if self._waveform is None:
            import h5py

            self._waveform = h5py.File(self.path, "r")["waveform"]
        first, last = max(start, 0), min(start + length, int(self.lengths[clip]))
        out = np.zeros(length, np.float32)
        if last > first:
            offset = int(self.offsets[clip])
            out[first - start : last - start] = self._waveform[offset + first : offset + last] / np.float32(32767)
        return out

    def targets(self, classes: int = 527) -> NDArray[np.bool_]:
        """The tags, (clips, K)."""
        out = np.zeros((len(self.clips), classes), bool)
        for row, clip in enumerate(self.clips):
            out[row, list(clip.classes)] = True
        return out

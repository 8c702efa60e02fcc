"""The HDF5 packs of the paper's code and their index, in a tiny size."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

ROWS, SAMPLES = 5, 320


def write_pack(
    path: Path, seed: int, kind: str = "int16", rate: int = 32000, rows: int = ROWS, samples: int = SAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """A pack in the published layout whose row 2 could not be fetched; returns waveform and target."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    waveform = rng.integers(-32767, 32768, (rows, samples))
    target = rng.random((rows, 527)) < 0.005
    target[:, seed], target[4] = True, False
    waveform[2], target[2] = 0, False
    names = [b"" if row == 2 else f"Y{seed}-{row}.wav".encode() for row in range(rows)]
    with h5py.File(path, "w") as file:
        file.create_dataset("audio_name", data=names, dtype="S20")
        file.create_dataset("waveform", data=waveform if kind == "int16" else waveform / 32767, dtype=kind)
        file.create_dataset("target", data=target, dtype=bool)
        file.attrs.create("sample_rate", data=rate, dtype=np.int32)
    return waveform / 32767, target


def write_index(path: Path, packs: list[tuple[str, Path]]) -> None:
    """An index in the published layout, its rows in reverse; each pack under the path that is said."""
    columns: dict[str, list] = {"audio_name": [], "target": [], "hdf5_path": [], "index_in_hdf5": []}
    for said, place in packs:
        with h5py.File(place) as file:
            for row in reversed(range(len(file["audio_name"]))):
                columns["audio_name"].append(file["audio_name"][row])
                columns["target"].append(file["target"][row])
                columns["hdf5_path"].append(said.encode())
                columns["index_in_hdf5"].append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, kind in {"audio_name": "S20", "target": bool, "hdf5_path": "S200", "index_in_hdf5": "int32"}.items():
            file.create_dataset(name, data=columns[name], dtype=kind)

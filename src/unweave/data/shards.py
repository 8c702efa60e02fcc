"""The files of a store: HDF5 shards of int16 waveforms end to end, with the columns of their clips.

int16 takes half the room of float32 and is read in slices. A shard is written beside under another name and renamed
when it is full, so that a run that ends in whatever way leaves whole shards only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.data.columns import Columns, Row
from unweave.errors import UnweaveError

FULL_SCALE = 32767
CHUNK = 1 << 15  # samples that HDF5 reads at once: about a second
OPEN_FILES = 64
MARGIN = 1 << 22  # bytes that stay free for the columns of a shard


def hdf5() -> Any:
    """The package h5py.

    Raises:
        UnweaveError: it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise UnweaveError("A store of clips needs the package h5py: pip install 'unweave[train]'.") from error
    return h5py


def shard_files(folder: Path) -> list[Path]:
    """The whole shards of a store in their order."""
    return sorted(folder.glob("shard-*.h5"))


def read_columns(path: Path) -> Columns:
    """The columns of a shard.

    Raises:
        UnweaveError: it cannot be read.
    """
    try:
        with hdf5().File(path, "r", locking=False) as file:
            return Columns.read(lambda name: np.asarray(file["columns"][name][:]))
    except (OSError, KeyError, RuntimeError) as error:
        raise UnweaveError(
            f"{path} is damaged ({error}). Delete it and run the same `unweave prepare` again: it makes its clips anew."
        ) from error


class _Disk:
    """The file that HDF5 writes to. A write that fails is kept as `error`, and HDF5 is not told.

    HDF5 does not take a full disk well: closing the file fails again and again, and the process crashes at its end.
    """

    def __init__(self, path: Path) -> None:
        self.error: OSError | None = None
        self._file = open(path, "w+b", buffering=0)
        self.seek, self.tell, self.readinto = self._file.seek, self._file.tell, self._file.readinto
        self.read, self.flush = self._file.read, self._file.flush

    def write(self, data: memoryview) -> int:
        """Write all of `data`; returns its size."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while len(rest) and self.error is None:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.error = error
        return size

    def truncate(self, size: int) -> int:
        """Set the size of the file."""
        try:
            if self.error is None:
                self._file.truncate(size)
        except OSError as error:
            self.error = error
        return size

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Close the file once it is on the disk."""
        with self._file:
            if self.error is None:
                os.fsync(self._file.fileno())


class ShardWriter:
    """One shard being written; `finish` makes it part of the store, `drop` leaves nothing of it.

    Args:
        path: of the shard; it is written to under the same name with `.part` behind it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.part = path, path.with_name(path.name + ".part")
        self.rows: list[Row] = []
        self.samples = 0
        self._disk = _Disk(self.part)
        self._file: Any = hdf5().File(self._disk, "w")
        self._waveform = self._file.create_dataset("waveform", (0,), "int16", maxshape=(None,), chunks=(CHUNK,))

    def add(self, row: Row, samples: NDArray[np.int16]) -> None:
        """Put a clip at the end; the offset of `row` is set here."""
        if shutil.disk_usage(self.path.parent).free < samples.nbytes + MARGIN:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.part))
        self._waveform.resize(self.samples + len(samples), axis=0)
        self._waveform[self.samples :] = samples
        self._disk.check()
        self.rows.append(row._replace(offset=self.samples, length=len(samples)))
        self.samples += len(samples)

    def finish(self) -> None:
        """Write the columns, and give the shard its name."""
        for name, values in Columns.of(self.rows).arrays().items():
            self._file.create_dataset(f"columns/{name}", data=values)
        self._file.close()
        self._disk.check()
        self._disk.close()
        self.part.replace(self.path)

    def drop(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError, RuntimeError):
            self._file.close()
            self._disk.close()
        self.part.unlink(missing_ok=True)


class OpenFiles:
    """The waveforms of HDF5 files, opened when first read; the one that was not read for longest is closed.

    Each process opens its own: one that was made by a fork must not read through its parent's.
    """

    def __init__(self, most: int = OPEN_FILES) -> None:
        self.most = most
        self._process = os.getpid()
        self._open: OrderedDict[Path, Any] = OrderedDict()

    def waveform(self, path: Path) -> Any:
        """The data set `waveform` of a file.

        Raises:
            UnweaveError: it cannot be opened.
        """
        if self._process != os.getpid():
            self._process, self._open = os.getpid(), OrderedDict()
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        while len(self._open) >= self.most:
            self._open.popitem(last=False)[1].file.close()
        try:
            self._open[path] = hdf5().File(path, "r", locking=False)["waveform"]
        except (OSError, KeyError, RuntimeError) as error:
            raise UnweaveError(f"{path} cannot be read as sound of a store: {error}.") from error
        return self._open[path]


def as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Stored samples with full scale at 1."""
    if np.issubdtype(samples.dtype, np.floating):
        return samples.astype(np.float32)
    return np.asarray(samples / np.float32(FULL_SCALE), np.float32)

"""Reading a store: the clips' columns in memory, their sound from the shards when it is asked for."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unweave.atomic import complete_file
from unweave.data.collection import Clip, LazyClips
from unweave.data.columns import Columns
from unweave.data.known import Known
from unweave.data.shards import OpenFiles, as_float, hdf5, read_columns, shard_files
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError

ABOUT, INDEX = "store.json", "index.npz"
SCHEMA = 1
TOGETHER = 64  # shards whose columns are joined at once


class About(NamedTuple):
    """What `store.json` says.

    Attributes:
        sample_rate: of all clips, in Hz.
        vocabulary: what their classes index.
        unfinished: data sets that are being appended, or whose run did not get to its end.
    """

    sample_rate: int
    vocabulary: Vocabulary
    unfinished: tuple[str, ...] = ()


def read_about(folder: Path) -> About:
    """What a store says of itself.

    Raises:
        UnweaveError: there is no store, or it cannot be read.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise UnweaveError(f"There is no store {folder}; make one with `unweave prepare FOLDER -o {folder}`.")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        schema, names, mids = said["schema"], tuple(map(str, said["names"])), tuple(map(str, said["mids"]))
        about = About(int(said["sample_rate"]), Vocabulary(names, mids), tuple(map(str, said["unfinished"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnweaveError(f"{path} is damaged ({error}); make the store anew in another folder.") from error
    if schema != SCHEMA:
        raise UnweaveError(f"{folder} was made by another version of unweave; make the store anew in another folder.")
    return about


def write_about(folder: Path, about: About) -> None:
    """Write `store.json`, all or nothing."""
    said = {
        "schema": SCHEMA,
        "sample_rate": about.sample_rate,
        "unfinished": about.unfinished,
        "names": about.vocabulary.names,
        "mids": about.vocabulary.mids,
    }
    with complete_file(folder / ABOUT) as part:
        part.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")


def read_index(folder: Path, shards: list[Path]) -> Columns:
    """The columns of all shards in one; they are kept beside them, so that only the first to ask has to collect them.

    Raises:
        UnweaveError: a shard is damaged.
    """
    states = [(path.name, path.stat()) for path in shards]
    mark = json.dumps([SCHEMA, *[(name, state.st_size, state.st_mtime_ns) for name, state in states]])
    with (
        contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile),
        np.load(folder / INDEX, allow_pickle=False) as file,
    ):
        if file["mark"].tobytes().decode() == mark:
            return Columns.read(lambda name: np.asarray(file[name]))
    columns = Columns.join(_some_shards(shards))
    with (
        contextlib.suppress(UnweaveError),  # a folder that cannot be written, or is full: collect them next time too
        complete_file(folder / INDEX) as part,
        open(part, "wb") as stream,
    ):
        np.savez(stream, mark=np.frombuffer(mark.encode(), np.uint8), **columns.arrays())  # type: ignore[arg-type]
    return columns


def _some_shards(shards: list[Path]) -> Iterator[Columns]:
    # Many small arrays would stay in memory beside the large ones that they are joined to.
    for first in range(0, len(shards), TOGETHER):
        some = enumerate(shards[first : first + TOGETHER], first)
        yield Columns.join(read_columns(path).numbered(number) for number, path in some)


class Store:
    """A store that `unweave prepare` made.

    It can be pickled, and processes can share it: each opens the shards by itself when it first reads.

    Args:
        folder: of the store.

    Attributes:
        path: of the store.
        vocabulary: what the classes index, K of them.
        sample_rate: in Hz.
        unfinished: data sets that are being appended, or whose run did not get to its end.
        lengths: samples of each clip, (clips,) int64.
        bandwidths: half the sample rate of each original, in Hz, (clips,) float32.
        clips: all that is known of each, made when asked for.

    Raises:
        UnweaveError: there is no store, or it is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        hdf5()
        path = Path(folder)
        about = read_about(path)
        shards = shard_files(path)
        self._set(path, about, read_index(path, shards), shards)

    def _set(self, path: Path, about: About, columns: Columns, files: list[Path]) -> None:
        self.path, self.vocabulary, self.sample_rate = path, about.vocabulary, about.sample_rate
        self.unfinished = about.unfinished
        self.lengths, self.bandwidths = columns.length, columns.bandwidth
        self.clips = StoredClips(columns)
        self._columns, self._files = columns, files
        self._open = OpenFiles()

    def __len__(self) -> int:
        return len(self._columns)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)

    def name(self, row: int) -> str:
        """What a clip is called in messages: the path of its file."""
        return str(self._columns.path[row])

    def classes(self, row: int) -> tuple[int, ...]:
        """The classes of a clip; () if it has none."""
        return self._columns.classes_of(row)

    def rows(self, split: str) -> NDArray[np.int64]:
        """The clips of a split, (n,)."""
        return np.flatnonzero(self._columns.split.where(split)).astype(np.int64)

    def members(self, split: str) -> dict[int, NDArray[np.int64]]:
        """The clips of each class in a split, (n,) each; those without a class stand under -1."""
        inside = self._columns.split.where(split)
        clips = self._columns.class_rows()
        classes = self._columns.classes[inside[clips]]
        clips = clips[inside[clips]]
        order = np.argsort(classes, kind="stable")
        keys, starts = np.unique(classes[order], return_index=True)
        parts = np.split(clips[order], starts[1:]) if len(keys) else []
        found = {int(key): part for key, part in zip(keys, parts, strict=True)}
        without = np.flatnonzero(inside & (np.diff(self._columns.class_ends, prepend=0) == 0)).astype(np.int64)
        return {-1: without, **found} if len(without) else found

    def targets(self, rows: Iterable[int] | None = None) -> NDArray[np.bool_]:
        """The tags of some clips, or of all.

        Shape:
            -> (n, K)
        """
        if rows is None:
            out = np.zeros((len(self), len(self.vocabulary)), bool)
            out[self._columns.class_rows(), self._columns.classes] = True
            return out
        places = [int(row) for row in rows]
        out = np.zeros((len(places), len(self.vocabulary)), bool)
        for place, row in enumerate(places):
            out[place, list(self.classes(row))] = True
        return out

    def read(self, row: int, start: int, length: int) -> NDArray[np.float32]:
        """Samples start .. start + length of a clip; what lies outside the clip is silence.

        Shape:
            -> (length,), full scale 1.0

        Raises:
            UnweaveError: its shard cannot be read.
        """
        first, last = max(start, 0), min(start + length, int(self.lengths[row]))
        out = np.zeros(length, np.float32)
        if last > first:
            path = self._files[int(self._columns.shard[row])]
            waveform = self._open.waveform(path)
            try:
                samples = self._slice(waveform, int(self._columns.offset[row]), first, last)
            except (OSError, RuntimeError) as error:
                raise UnweaveError(f"{path} is damaged where {self.name(row)} lies: {error}.") from error
            out[first - start : last - start] = as_float(samples)
        return out

    def _slice(self, waveform: Any, offset: int, first: int, last: int) -> NDArray[Any]:
        return np.asarray(waveform[offset + first : offset + last])

    def counts(self) -> NDArray[np.int64]:
        """Clips of each class, (K,)."""
        return np.bincount(self._columns.classes, minlength=len(self.vocabulary)).astype(np.int64)

    def known(self) -> Known:
        """Every clip by its data set and path."""
        words = self._columns.dataset.words
        codes = self._columns.dataset.codes.tolist()
        return Known((words[code], path) for code, path in zip(codes, self._columns.path, strict=True))


class StoredClips(LazyClips):
    """What a store knows of its clips, as a sequence of `Clip`."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def clip(self, row: int) -> Clip:
        """The clip of `row`, 0 to len - 1."""
        of = self._columns
        return Clip(
            Path(of.path[row]),
            of.classes_of(row),
            of.label[row],
            of.group[row],
            of.split[row],
            of.dataset[row],
            float(of.bandwidth[row]),
        )

    def __len__(self) -> int:
        return len(self._columns)

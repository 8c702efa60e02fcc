"""The HDF5 packs of AudioSet that the paper's code trains on, read as they are.

A pack holds `audio_name`, `waveform` (N, 320000) in int16 (float32 in the oldest) and `target` (N, 527), and its
sample rate as an attribute. An index holds `audio_name`, `target`, `hdf5_path` and `index_in_hdf5`: which row of which
pack each clip is. Layouts: github.com/bytedance/uss and github.com/qiuqiangkong/audioset_tagging_cnn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.data.columns import Coded, Columns, Texts
from unweave.data.reader import About, Store
from unweave.data.shards import hdf5
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError

BLOCK = 1 << 14  # rows in memory at once: two million would be 1 GB of `target` and half of one of `hdf5_path`
DATASET = "audioset"
CLASSES = 527


class PublishedStore(Store):
    """Clips of published packs with the interface of a store.

    A row whose name is empty is left out: the packs have one where a clip could not be fetched.

    Args:
        path: an index, a pack, or a folder of packs.
        split: of all clips.

    Raises:
        UnweaveError: it has another layout, or packs that its index names are not there.
    """

    def __init__(self, path: str | Path, split: str = "train") -> None:
        self.split = split
        path = Path(path)
        try:
            files, listed = _index(path) if _is_index(path) else _packs(path)
            rate, lengths = _shapes(files)
        except (OSError, KeyError, RuntimeError) as error:
            raise UnweaveError(f"{path} cannot be read as a pack of the published code: {error}.") from error
        shard, offset = (np.concatenate([getattr(part, name) for part in listed]) for name in ("shard", "offset"))
        rows = len(shard)
        names = Texts.join([part.names for part in listed])
        ends = [np.diff(part.class_ends, prepend=0) for part in listed]
        columns = Columns(
            path=names,
            group=names,  # a clip is ten seconds of one video, and no two are of the same
            label=_all("", rows),
            split=_all(split, rows),
            dataset=_all(DATASET, rows),
            class_ends=np.cumsum(np.concatenate(ends), dtype=np.int64),
            classes=np.concatenate([part.classes for part in listed]),
            bandwidth=np.full(rows, rate / 2, np.float32),
            offset=offset,
            length=lengths[shard],
            shard=shard,
        )
        self._set(path, About(rate, Vocabulary.audioset()), columns, files)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.split)

    def _slice(self, waveform: Any, offset: int, first: int, last: int) -> NDArray[Any]:
        return np.asarray(waveform[offset, first:last])


@dataclass
class _Listed:
    """Clips as a file lists them.

    Attributes:
        names: of the clips.
        class_ends, classes: their classes, as in `Columns`.
        shard: which pack, (n,) int32.
        offset: which row of it, (n,) int64.
    """

    names: Texts
    class_ends: NDArray[np.int64]
    classes: NDArray[np.int32]
    shard: NDArray[np.int32]
    offset: NDArray[np.int64]


def _all(word: str, rows: int) -> Coded:
    return Coded(np.zeros(rows, np.int32), [word])


def _file(path: Path) -> Any:
    return hdf5().File(path, "r", locking=False)


def _is_index(path: Path) -> bool:
    if path.is_dir():
        return False
    with _file(path) as file:
        keys = set(file)
    if not {"audio_name", "target"} <= keys or not keys & {"waveform", "hdf5_path"}:
        raise UnweaveError(
            f"{path} is neither a pack (audio_name, waveform, target) nor an index of packs (audio_name, target, "
            f"hdf5_path, index_in_hdf5); it holds {', '.join(sorted(keys)) or 'nothing'}."
        )
    return "waveform" not in keys


def _packs(path: Path) -> tuple[list[Path], list[_Listed]]:
    files = [path] if path.is_file() else [file for file in sorted(path.glob("*.h5")) if not _is_index(file)]
    if not files:
        raise UnweaveError(
            f"{path} holds no pack of waveforms; give the index of the packs, or the folder they are in."
        )
    listed = []
    for number, pack in enumerate(files):
        with _file(pack) as file:
            rows = np.arange(len(file["audio_name"]))
            listed.append(_list(file, pack, np.full(len(rows), number, np.int32), rows))
    return files, listed


def _index(path: Path) -> tuple[list[Path], list[_Listed]]:
    with _file(path) as file:
        said = Coded.of(_text(name) for block in _blocks(file["hdf5_path"]) for name in block.tolist())
        rows = file["index_in_hdf5"][:].astype(np.int64)
        listed = _list(file, path, said.codes, rows)
    found = {name: _find(name, path) for name in said.words}
    lost = [name for name, pack in found.items() if pack is None]
    if lost:
        raise UnweaveError(
            f"{path} names {len(lost)} packs that are not there, such as {lost[0]}; put them where it says, or in a "
            "folder beside it."
        )
    return [pack for pack in found.values() if pack is not None], [listed]


def _blocks(dataset: Any) -> Iterator[NDArray[Any]]:
    for start in range(0, len(dataset), BLOCK):
        yield dataset[start : start + BLOCK]


def _find(said: str, index: Path) -> Path | None:
    """A pack whose path may be of another machine: what its path ends with is looked for beside the index and above."""
    given = Path(said)
    if given.is_absolute() and given.is_file():
        return given
    parts = given.parts[1:] if given.is_absolute() else given.parts
    here = index.resolve()
    for first in range(len(parts)):
        for base in here.parents:
            place = base.joinpath(*parts[first:])
            if place != here and place.is_file():
                return place
    return None


def _list(file: Any, path: Path, shard: NDArray[np.int32], rows: NDArray[np.int64]) -> _Listed:
    target = file["target"]
    if target.ndim != 2 or target.shape[1] != CLASSES or not len(target) == len(file["audio_name"]) == len(rows):
        raise UnweaveError(
            f"{path} has targets of shape {target.shape} for {len(file['audio_name'])} clips; AudioSet has {CLASSES} "
            "classes."
        )
    texts, kept, counts, classes = [], [np.zeros(0, bool)], [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for names, tagged in zip(_blocks(file["audio_name"]), _blocks(target), strict=True):
        found = [_text(name) for name in names.tolist()]
        texts.append(Texts.of(text for text in found if text))
        kept.append(np.array([bool(text) for text in found], bool))
        held = np.asarray(tagged, bool)[kept[-1]]
        counts.append(np.count_nonzero(held, axis=1))
        classes.append(np.nonzero(held)[1].astype(np.int32))
    there = np.concatenate(kept)
    return _Listed(
        Texts.join(texts),
        np.cumsum(np.concatenate(counts), dtype=np.int64),
        np.concatenate(classes),
        shard[there],
        rows[there],
    )


def _text(name: bytes | str) -> str:
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def _shapes(files: list[Path]) -> tuple[int, NDArray[np.int64]]:
    """The sample rate of all packs, and the samples of a clip in each."""
    rates, lengths = {}, []
    for path in files:
        with _file(path) as file:
            rates[int(file.attrs["sample_rate"])] = path
            lengths.append(file["waveform"].shape[1])
    if len(rates) > 1:
        said = ", ".join(f"{path.name} {rate} Hz" for rate, path in rates.items())
        raise UnweaveError(f"The packs have different sample rates: {said}. Use packs of one rate together.")
    return next(iter(rates)), np.array(lengths, np.int64)

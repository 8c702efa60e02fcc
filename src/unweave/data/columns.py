"""What is known of each clip of a store, in columns: two million clips fill a few hundred MB instead of many GB.

Texts stand end to end in one array of bytes. Words that come again and again (label, split, data set) are numbers that
point into a short list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
TEXTS, CODED = ("path", "group"), ("label", "split", "dataset")
BLOCK = 1 << 16  # texts that are put in or taken out at once


class Row(NamedTuple):
    """What is known of one clip; see `unweave.data.collection.Clip`.

    Attributes:
        offset: its first sample in its shard.
        length: its samples.
    """

    path: str
    group: str
    label: str
    split: str
    dataset: str
    classes: Sequence[int]
    bandwidth: float
    offset: int = 0
    length: int = 0


class Texts(Sequence[str]):
    """Texts end to end.

    Args:
        data: their bytes in UTF-8, uint8; names of files that are no valid text keep their bytes.
        ends: where in `data` each ends, (n,) int64.
    """

    def __init__(self, data: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.data, self.ends = data, ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """The texts of a list."""
        data, sizes, rest = [], [np.zeros(0, np.int64)], iter(texts)
        while encoded := [text.encode("utf-8", "surrogateescape") for text in islice(rest, BLOCK)]:
            data.append(b"".join(encoded))
            sizes.append(np.array([len(text) for text in encoded], np.int64))
        return cls(np.frombuffer(b"".join(data), np.uint8), np.cumsum(np.concatenate(sizes), dtype=np.int64))

    @classmethod
    def join(cls, parts: Sequence[Texts]) -> Texts:
        """The texts of several, one after the other."""
        return cls(_joined([part.data for part in parts], np.uint8), _joined_ends([part.ends for part in parts]))

    def __getitem__(self, row: Any) -> Any:
        start = int(self.ends[row - 1]) if row else 0
        return str(self.data[start : int(self.ends[row])].tobytes(), "utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        start = 0
        for row in range(0, len(self), BLOCK):
            ends = self.ends[row : row + BLOCK].tolist()
            data, first = self.data[start : ends[-1]].tobytes(), start
            for end in ends:
                yield data[start - first : end - first].decode("utf-8", "surrogateescape")
                start = end

    def __len__(self) -> int:
        return len(self.ends)


class Coded:
    """Words out of a short list.

    Args:
        codes: which word stands in each row, (n,) int32.
        words: each once.
    """

    def __init__(self, codes: NDArray[np.int32], words: Sequence[str]) -> None:
        self.codes, self.words = codes, list(words)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Coded:
        """The words of a list, numbered as they first come."""
        places: dict[str, int] = {}
        codes = [places.setdefault(text, len(places)) for text in texts]
        return cls(np.array(codes, np.int32), list(places))

    @classmethod
    def join(cls, parts: Sequence[Coded]) -> Coded:
        """The rows of several, one after the other."""
        places: dict[str, int] = {}
        codes = []
        for part in parts:
            lookup = np.array([places.setdefault(word, len(places)) for word in part.words], np.int32)
            codes.append(lookup[part.codes])
        return cls(_joined(codes, np.int32), list(places))

    def __getitem__(self, row: int) -> str:
        return self.words[int(self.codes[row])]

    def where(self, word: str) -> NDArray[np.bool_]:
        """In which rows `word` stands, (n,)."""
        return np.asarray(self.codes == (self.words.index(word) if word in self.words else -1))


@dataclass
class Columns:
    """All that is known of n clips.

    Attributes:
        path, group: one text a clip.
        label, split, dataset: one word a clip.
        class_ends: where in `classes` the classes of each clip end, (n,) int64.
        classes: of all clips, end to end, int32.
        bandwidth: in Hz, (n,) float32.
        offset, length: first sample in its shard and number of samples, (n,) int64.
        shard: which file the samples are in, (n,) int32.
    """

    path: Texts
    group: Texts
    label: Coded
    split: Coded
    dataset: Coded
    class_ends: NDArray[np.int64]
    classes: NDArray[np.int32]
    bandwidth: NDArray[np.float32]
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    shard: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Columns:
        """The columns of clips that all are in shard 0."""
        texts: dict[str, Any] = {name: Texts.of(getattr(row, name) for row in rows) for name in TEXTS}
        coded: dict[str, Any] = {name: Coded.of(getattr(row, name) for row in rows) for name in CODED}
        return cls(
            **texts,
            **coded,
            class_ends=np.cumsum([len(row.classes) for row in rows], dtype=np.int64),
            classes=np.array([key for row in rows for key in row.classes], np.int32),
            bandwidth=np.array([row.bandwidth for row in rows], np.float32),
            offset=np.array([row.offset for row in rows], np.int64),
            length=np.array([row.length for row in rows], np.int64),
            shard=np.zeros(len(rows), np.int32),
        )

    @classmethod
    def join(cls, parts: Iterable[Columns]) -> Columns:
        """The clips of several, one after the other.

        Parts that nobody else holds are let go column by column, so that they are not in memory twice.
        """
        each: dict[str, list[Any]] = {field.name: [] for field in fields(cls)}
        for part in parts:
            for name, values in each.items():
                values.append(getattr(part, name))
        texts: dict[str, Any] = {name: Texts.join(each.pop(name)) for name in TEXTS}
        coded: dict[str, Any] = {name: Coded.join(each.pop(name)) for name in CODED}
        return cls(
            **texts,
            **coded,
            class_ends=_joined_ends(each.pop("class_ends")),
            classes=_joined(each.pop("classes"), np.int32),
            bandwidth=_joined(each.pop("bandwidth"), np.float32),
            offset=_joined(each.pop("offset"), np.int64),
            length=_joined(each.pop("length"), np.int64),
            shard=_joined(each.pop("shard"), np.int32),
        )

    def numbered(self, shard: int) -> Columns:
        """The same clips, all in the shard of this number."""
        return replace(self, shard=np.full(len(self), shard, np.int32))

    def arrays(self) -> Arrays:
        """As arrays with names, to be written to a file."""
        out: Arrays = {}
        for name, value in vars(self).items():
            if isinstance(value, Texts):
                out[name], out[f"{name}_ends"] = value.data, value.ends
            elif isinstance(value, Coded):
                words = Texts.of(value.words)
                out[name], out[f"{name}_words"], out[f"{name}_words_ends"] = value.codes, words.data, words.ends
            else:
                out[name] = value
        return out

    @classmethod
    def read(cls, get: Callable[[str], NDArray[Any]]) -> Columns:
        """What `arrays` gave, out of a file that gives an array by its name."""
        plain = ("class_ends", "classes", "bandwidth", "offset", "length", "shard")
        columns: dict[str, Any] = {name: get(name) for name in plain}
        for name in TEXTS:
            columns[name] = Texts(get(name), get(f"{name}_ends"))
        for name in CODED:
            columns[name] = Coded(get(name), list(Texts(get(f"{name}_words"), get(f"{name}_words_ends"))))
        return cls(**columns)

    def classes_of(self, row: int) -> tuple[int, ...]:
        """The classes of one clip."""
        start = int(self.class_ends[row - 1]) if row else 0
        return tuple(self.classes[start : int(self.class_ends[row])].tolist())

    def class_rows(self) -> NDArray[np.int64]:
        """The clip that each entry of `classes` is of, (entries,) int64."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.class_ends, prepend=0))

    def __len__(self) -> int:
        return len(self.length)


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _joined_ends(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    totals = np.cumsum([0, *(int(part[-1]) if len(part) else 0 for part in parts)], dtype=np.int64)
    return _joined([part + start for part, start in zip(parts, totals[:-1], strict=True)], np.int64)

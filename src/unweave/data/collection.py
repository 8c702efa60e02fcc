"""A collection of tagged clips: where each lies, which classes it holds, which recording it is of.

Tags are weak: a clip *holds* its classes, nobody says when.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar, overload

from unweave.data.vocabulary import Vocabulary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clip:
    """One tagged recording.

    Attributes:
        path: file of the sound.
        classes: indexes of its tags; empty if none of its tags is one of the K classes.
        label: its tag in its own data set's words; several are joined by ";".
        group: clips with the same group come from one recording and never sit on both sides of a split.
        split: "train", "valid" or "test".
        dataset: the collection that it comes from.
        bandwidth: half the sample rate of the original, in Hz: above it there is nothing; 0 if that is not known, then
            the file's own rate says.
    """

    path: Path
    classes: tuple[int, ...]
    label: str
    group: str
    split: str
    dataset: str
    bandwidth: float = 0.0


class Entry(NamedTuple):
    """A clip as a data set lists it: as `Clip`, but with `name`, its file's path below the data set's folder."""

    name: str
    classes: tuple[int, ...]
    label: str
    group: str
    split: str
    dataset: str
    bandwidth: float = 0.0


class LazyClips(Sequence[Clip]):
    """Clips that are only made when they are asked for, since millions of them would fill the memory."""

    @abstractmethod
    def clip(self, row: int) -> Clip:
        """The clip of `row`, 0 to len - 1."""

    @overload
    def __getitem__(self, row: int) -> Clip: ...
    @overload
    def __getitem__(self, row: slice) -> list[Clip]: ...
    def __getitem__(self, row: int | slice) -> Clip | list[Clip]:
        if isinstance(row, slice):
            return [self.clip(number) for number in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(f"There is no clip {row} among {len(self)}.")
        return self.clip(int(row) % len(self))


class Clips(LazyClips):
    """Clips in columns: values that come again and again are kept once.

    Args:
        folder: what the names of the entries start from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: list[str] = []
        self._groups: list[str] = []
        self._rest: list[tuple[tuple[int, ...], str, str, str, float]] = []
        self._once: dict[object, object] = {}

    def append(self, entry: Entry) -> None:
        """Add one clip at the end."""
        self._names.append(entry.name)
        self._groups.append(self._same(entry.group))
        self._rest.append(self._same((entry.classes, entry.label, entry.split, entry.dataset, entry.bandwidth)))

    def clip(self, row: int) -> Clip:
        """The clip of `row`, 0 to len - 1."""
        classes, label, split, dataset, bandwidth = self._rest[row]
        path = self._folder / self._names[row]
        return Clip(path, classes, label, self._groups[row], split, dataset, bandwidth)

    def __len__(self) -> int:
        return len(self._names)

    def _same(self, value: T) -> T:
        return self._once.setdefault(value, value)  # type: ignore[return-value]


@dataclass(frozen=True)
class Collection:
    """What a data set's module finds in a folder.

    Attributes:
        name: of the data set.
        vocabulary: what the clips' classes index.
        clips: whose files are there.
        missing: a sentence for each clip that the data set lists and that cannot be used. Where there are many for one
            reason, one sentence for all of them, with their number and some examples.
        left_out: how many clips these sentences speak of.
    """

    name: str
    vocabulary: Vocabulary
    clips: Sequence[Clip]
    missing: Sequence[str] = field(default_factory=list)
    left_out: int = 0

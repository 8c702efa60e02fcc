"""AudioSet's clips in columns: some 40 bytes for each instead of a kilobyte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.data.collection import Clip, LazyClips
from unweave.data.datasets.audioset_files import FileTable
from unweave.data.datasets.audioset_lists import Listed
from unweave.data.vocabulary import Vocabulary

PARTS = ("train", "valid", "test")


class AudiosetClips(LazyClips):
    """The rows of AudioSet's lists whose files are there.

    Args:
        root: that the files lie below.
        files: every file.
        at: row of `files` for each clip, (N,).
        listed: the rows of the lists.
        parts: of the split for each clip, (N,): 0 train, 1 valid, 2 test.
        vocabulary: what the classes index.
    """

    def __init__(
        self,
        root: Path,
        files: FileTable,
        at: NDArray[np.int64],
        listed: Listed,
        parts: NDArray[np.uint8],
        vocabulary: Vocabulary,
    ) -> None:
        self.vocabulary = vocabulary
        self._root, self._files, self._listed, self._parts = root, files, listed, parts
        self._at = at.astype(np.int32)

    def clip(self, row: int) -> Clip:
        """The clip of `row`, 0 to len - 1."""
        start, stop = self._listed.offsets[row], self._listed.offsets[row + 1]
        classes = tuple(self._listed.classes[start:stop].tolist())
        return Clip(
            path=self._root / self._files.name(int(self._at[row])),
            classes=classes,
            label=";".join(self.vocabulary.names[place] for place in classes),
            group=bytes(self._listed.ids[row]).decode(),
            split=PARTS[self._parts[row]],
            dataset="audioset",
        )

    def __len__(self) -> int:
        return len(self._at)

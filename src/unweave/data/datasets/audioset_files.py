"""The sound files of AudioSet below a folder, by the video that they are of."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.data.datasets.files import is_audio, walk

ID = 11  # letters of a video's name
# <id>_<start> or Y<id>_<start>, then whatever: the start tells where the id ends.
LONG = re.compile(r"^(?:(?P<plain>[\w-]{11})|Y(?P<marked>[\w-]{11}))_\d", re.ASCII)


@dataclass
class FileTable:
    """Files in columns, sorted by `ids`.

    Attributes:
        ids: of the videos, (N,) of 11 bytes.
        folders: row of `places` for each file, (N,).
        styles: row of `affixes` for each file, (N,).
        places: folders, relative to the root.
        affixes: what stands before and after the id in a file's name.
    """

    ids: NDArray[np.bytes_]
    folders: NDArray[np.int32]
    styles: NDArray[np.int32]
    places: list[str]
    affixes: list[tuple[str, str]]

    def find(self, ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """The row of the file of each video, -1 where there is none; (M,) -> (M,)."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)

    def name(self, row: int) -> str:
        """The path of a file, relative to the root."""
        before, after = self.affixes[self.styles[row]]
        leaf = f"{before}{bytes(self.ids[row]).decode()}{after}"
        place = self.places[self.folders[row]]
        return leaf if place == "." else f"{place}/{leaf}"


def list_files(root: Path) -> FileTable:
    """List every sound file below `root` that is named after a video; other files are passed over.

    Of several files of one video the first counts, in the order of their folders.
    """
    ids, folders, styles = bytearray(), array("i"), array("i")
    places: list[str] = []
    affixes: dict[tuple[str, str], int] = {}
    for place, names in walk(root):
        number = len(places)
        for name in names:
            start = _id_at(name)
            if start < 0:
                continue
            ids += name[start : start + ID].encode("ascii")
            folders.append(number)
            style = name[:start], name[start + ID :]
            styles.append(affixes.setdefault(style, len(affixes)))
        places.append(Path(place).relative_to(root).as_posix())
    table = np.frombuffer(bytes(ids), f"S{ID}")
    order = np.argsort(table, kind="stable")
    return FileTable(
        ids=table[order],
        folders=np.frombuffer(folders, np.int32)[order],
        styles=np.frombuffer(styles, np.int32)[order],
        places=places,
        affixes=list(affixes),
    )


def _id_at(name: str) -> int:
    """Where the video's id begins in a file's name, -1 if there is none."""
    if not is_audio(name) or not name.isascii():
        return -1
    stem = name.rpartition(".")[0]
    if len(stem) == ID:
        return 0
    if len(stem) == ID + 1 and stem[0] == "Y":
        return 1
    match = LONG.match(stem)
    return -1 if match is None else 0 if match["plain"] else 1

"""Which files are there: each folder is listed once, no file is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

AUDIO = frozenset("wav flac mp3 ogg oga opus m4a aac aif aiff aifc wma mp4 webm mka au caf".split())
"""Endings of files that hold sound, without the dot."""


class Files:
    """Answers whether a file is there.

    Args:
        root: what names start from.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._listed: dict[str, frozenset[str]] = {}

    def has(self, name: str) -> bool:
        """Whether there is a file `name`, a path below the root or an absolute one."""
        folder, leaf = os.path.split(os.path.join(self._root, name))
        if folder not in self._listed:
            self._listed[folder] = _names(folder)
        return leaf in self._listed[folder]


def is_audio(name: str) -> bool:
    """Whether the ending of `name` is one of sound files, and it is not hidden."""
    return not name.startswith(".") and name.rpartition(".")[2].lower() in AUDIO and "." in name


def subfolders(folder: Path) -> list[Path]:
    """The folders in `folder`, sorted, without hidden ones and those that archives leave behind."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__"))]
    return [folder / name for name in sorted(names)]


def sounds(folder: Path) -> Iterator[str]:
    """Paths of all sound files in and below `folder`, relative to it, with "/", sorted within each folder."""
    for place, names in walk(folder):
        below = Path(place).relative_to(folder).as_posix()
        for name in names:
            if is_audio(name):
                yield name if below == "." else f"{below}/{name}"


def walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each folder in and below `folder`, sorted, with the sorted names of its files; circles of links are left."""
    visited: set[str] = set()
    for place, below, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in visited:
            below.clear()
            continue
        visited.add(real)
        below[:] = sorted(name for name in below if not name.startswith((".", "__")))
        yield place, sorted(names)


def _names(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()

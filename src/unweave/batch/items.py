"""An item: one recording of a campaign, or a part of one, with the place that its results have."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from unweave.inference.places import is_place_name

OWN = "_manifest"  # the folder within the output in which the manifest lies
FINE = 6  # decimals of a part's times in names


@dataclass(frozen=True)
class Item:
    """One recording, or a part of one.

    Attributes:
        name: by which the manifest knows it, the same in every run: its path within the folder, list or pattern.
        path: how it is opened: a path, or an address that fsspec knows.
        place: where its results go, relative to the output, with forward slashes.
        other: where they would go if the files beside it were called otherwise (with or without its ending).
        start: of the part, in s.
        end: of the part, in s; None for the end of the recording.
        stamp: size in bytes and time in ns of the recording, where they came with its name.
    """

    name: str
    path: str
    place: str
    other: str
    start: float = 0.0
    end: float | None = None
    stamp: tuple[int, int] | None = None

    @property
    def key(self) -> int:
        """64 bits of the name, from which shards and the memory of what is done are made."""
        return key_of(self.name)


def key_of(name: str) -> int:
    """64 bits of a name, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(name), digest_size=8).digest(), "big")


def make_item(name: str, path: str, alone: bool = True, start: float = 0.0, end: float | None = None) -> Item:
    """An item whose place follows from its name.

    Args:
        name: its path within where it was found, with forward slashes.
        path: how it is opened.
        alone: nothing beside it is called alike but for the ending, so that its place can do without.
        start: of the part, in s.
        end: of the part, in s.
    """
    inner = PurePosixPath(name)
    folders = [_safe(part) for part in inner.parent.parts if part not in (".", "..", "/")]
    if folders and folders[0] == OWN:
        folders[0] += "_"
    part = ""
    if start or end is not None:
        part = f"@{_number(start)}-{'' if end is None else _number(end)}"
    bare, full = ("/".join([*folders, _last(word + part, folders)]) for word in (inner.stem or inner.name, inner.name))
    return Item(name + part, path, *((bare, full) if alone else (full, bare)), start, end)


def inside(path: str | Path, folder: str | Path) -> str:
    """A path as a name: relative to a folder if it lies there, else from the root, with forward slashes."""
    whole, root = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    if whole.is_relative_to(root):
        return whole.relative_to(root).as_posix()
    return whole.relative_to(whole.anchor).as_posix()


def _safe(part: str) -> str:
    return part if is_place_name(part) else "_" + part.replace("\0", "_").replace("/", "_").strip(". ")


def _last(word: str, folders: list[str]) -> str:
    word = _safe(word)
    return word + "_" if word == OWN and not folders else word


def _number(value: float) -> str:
    text = f"{value:.{FINE}f}".rstrip("0")
    return text + "00"[: max(0, 2 - len(text.partition(".")[2]))]

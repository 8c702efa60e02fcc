"""Where the tracks of each recording go: a folder within the output, one for each, never the output itself."""

from __future__ import annotations

import itertools
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path


def place_name(path: Path) -> str:
    """The folder of a recording: its name without the ending, or "_" where that is nothing but dots and spaces."""
    if str(path) == "-":
        return "stdin"
    return path.stem if is_place_name(path.stem) else "_"


def place_names(paths: Sequence[Path]) -> list[str]:
    """The same for several recordings of one run, each a folder of its own.

    Of recordings that are called alike, the first one has the usual name, others have their endings too, or a number.
    """
    taken: set[str] = set()
    return [_first_free([place_name(path), path.name], taken) for path in paths]


def is_place_name(name: str) -> bool:
    """Whether a folder of this name lies within the folder that it is made in."""
    return bool(name.strip(". ")) and not any(letter in name for letter in ("\0", os.sep, os.altsep or os.sep))


def _first_free(names: Sequence[str], taken: set[str]) -> str:
    numbered = (f"{names[0]} ({number})" for number in itertools.count(2))
    name = next(name for name in itertools.chain(names, numbered) if place_key(name) not in taken)
    taken.add(place_key(name))
    return name


def place_key(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

"""Recordings and places to write that can be refused before a model is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from unweave.cli.console import warn
from unweave.errors import UnweaveError

T = TypeVar("T")


def check_inputs(paths: Sequence[Path], stream: int | None = None) -> None:
    """Open every recording, and the audio stream of it that is asked for.

    Raises:
        UnweaveError: one that cannot be read.
    """
    from unweave.audio.io import probe

    for path in paths:
        probe(path, stream)


def check_here(out: str) -> Path:
    """Refuse to write to an address: a path would be made of it, a folder of this machine that nobody looks for.

    Raises:
        UnweaveError: it is one.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", out):  # a drive of Windows has one letter
        raise UnweaveError(
            f"-o takes a folder of this machine, not {out}; write it here and send it there, or add --manifest, with "
            "which results go to a store, too."
        )
    return Path(out)


def readable(paths: Sequence[Path], stream: int | None = None) -> list[Path]:
    """The recordings that can be read, each once; what is wrong with the others is said, a line each.

    Raises:
        UnweaveError: none of them.
    """
    from unweave.audio.io import probe

    return _sifted(list(dict.fromkeys(paths)), lambda path: probe(path, stream))


def writable(paths: Sequence[Path], out: Path, overwrite: bool) -> list[tuple[Path, str]]:
    """The recordings whose tracks can be written, with the name of the folder of each; the others are said likewise.

    Raises:
        UnweaveError: none of them.
    """
    from unweave.atomic import check_target
    from unweave.inference.places import place_names
    from unweave.inference.report import MARK

    def check(place: tuple[Path, str]) -> None:
        check_target(out / place[1], MARK, overwrite, [place[0]])

    return _sifted(list(zip(paths, place_names(paths), strict=True)), check)


def _sifted(things: Sequence[T], check: Callable[[T], object]) -> list[T]:
    good, faults = [], []
    for thing in things:
        try:
            check(thing)
        except UnweaveError as error:
            faults.append(error)
        else:
            good.append(thing)
    if not good and faults:
        for fault in faults[:-1]:
            warn(str(fault))
        raise faults[-1]
    for fault in faults:
        warn(str(fault))
    return good

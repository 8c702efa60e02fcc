"""Which data set lies in a folder: told by the files that it must have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from unweave.data.datasets.base import datasets, existing
from unweave.errors import UnweaveError

F = TypeVar("F", bound=Callable[..., Any])


class Sign(NamedTuple):
    """What a data set is known by.

    Attributes:
        what: in words.
        fits: whether a folder or file has it.
        rank: signs of lower rank are surer, and are looked for first.
    """

    what: str
    fits: Callable[[Path], bool]
    rank: int


_signs: dict[str, Sign] = {}


def recognised(name: str, what: str, fits: Callable[[Path], bool], rank: int = 0) -> Callable[[F], F]:
    """Decorate the builder of the data set `name`: `guess` finds it where `fits(root)` is true; `what` says by what."""

    def add(builder: F) -> F:
        _signs[name] = Sign(what, fits, rank)
        return builder

    return add


def has(*names: str) -> Callable[[Path], bool]:
    """A sign: one of these files or folders is in the folder."""
    return lambda root: any((root / name).exists() for name in names)


def guess(root: str | Path) -> str:
    """The name of the data set whose layout the folder or file `root` has.

    Raises:
        UnweaveError: none fits, or several do.
    """
    root = existing(root)
    fitting = _fitting(root)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnweaveError(f"{root} could be {' or '.join(fitting)}; say which data set it is.")
    inside = [folder for folder in sorted(root.iterdir()) if folder.is_dir()] if root.is_dir() else []
    close = next(((folder, found[0]) for folder in inside[:50] if (found := _fitting(folder, 0))), None)
    hint = f" The folder {close[0].name} in it looks like {close[1]}: give that." if close else ""
    looked = "; ".join(f"{name}: {_signs[name].what}" for name in datasets.names() if name in _signs)
    raise UnweaveError(f"No known data set lies in {root}.{hint} Looked for {looked}.")


def _fitting(root: Path, up_to: int = 9) -> list[str]:
    """The data sets of the surest rank that fit."""
    names = [name for name in datasets.names() if name in _signs]
    for rank in sorted({_signs[name].rank for name in names}):
        found = [name for name in names if _signs[name].rank == rank <= up_to and _signs[name].fits(root)]
        if found:
            return found
    return []

"""WHAT: a sound that somebody names without saying in which way: "Dog", "bell.wav", "1:02-1:04", a Path, (62, 64)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from unweave.asking.base import Way
from unweave.asking.classes import Classes
from unweave.asking.together import all_ways

What: TypeAlias = str | int | Path | tuple[float | str | None, float | str | None]


def named(what: Any) -> Way:
    """The way that is meant by it.

    The first of all ways, in the order of the help, that knows what is meant: a class, else a path that is there, else
    a stretch of time. What none of them knows is taken for a class, which a model of one's own may have.

    Raises:
        UnweaveError: it makes no sense.
    """
    meant = next((way for way in all_ways() if way.means(what)), Classes)
    wish = meant.of([what])
    assert wish is not None  # something was given
    return wish


def every_what(given: Any) -> list[Any]:
    """One or several of them as a list. A tuple of two times is one stretch; a list of two numbers is two classes."""
    if given is None:
        return []
    single = isinstance(given, (str, int, float, Path)) or not isinstance(given, Sequence)
    return [given] if single or _is_stretch(given) else list(given)


def _is_stretch(given: Any) -> bool:
    numbers = all(one is None or (isinstance(one, (int, float)) and not isinstance(one, bool)) for one in given)
    return isinstance(given, tuple) and len(given) == 2 and numbers

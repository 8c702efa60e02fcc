"""From what somebody gave, by the names of the arguments, to what is asked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast

from unweave.asking.base import Way, ways
from unweave.inference.wish import Asked


def all_ways() -> list[type[Way]]:
    """Every way of asking there is, in the order in which people see them."""
    return sorted((cast("type[Way]", ways.builder(name)) for name in ways), key=lambda way: way.look.place)


def asked(given: Mapping[str, Any]) -> Asked:
    """Check what was given.

    Args:
        given: values by the arguments of `Model.separate`, one or several of each; None for those that are not asked.

    Returns:
        What was asked; where nothing is wanted, it begins with what the way that has an answer to that wants.

    Raises:
        UnweaveError: one of them makes no sense.
        TypeError: an argument that no way of asking has.
    """
    known = {way.look.argument: way for way in all_ways()}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"There is no way of asking {name!r}; there are {', '.join(known)}.{hint}")
    wishes = [wish for argument, way in known.items() if (wish := way.of(given.get(argument))) is not None]
    if not any(wish.wants for wish in wishes):
        wishes = [wish for way in known.values() if (wish := way.unasked()) is not None] + wishes
    settings = {way.look.setting: _plain(way, wishes) for way in known.values() if way.look.setting is not None}
    return Asked(tuple(wishes), settings)


def _plain(way: type[Way], wishes: list[Way]) -> list[Any]:
    return [value for wish in wishes if type(wish) is way for value in wish.plain()]

"""The recording, changed: sounds that are taken out of it, the only ones that stay, or how much louder each becomes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from unweave.asking.base import several
from unweave.asking.together import all_ways, asked
from unweave.asking.what import What, every_what, named
from unweave.errors import UnweaveError
from unweave.inference.report import printable
from unweave.inference.wish import Asked

if TYPE_CHECKING:
    from unweave.inference.change import Change, Part

Gains: TypeAlias = Mapping[What, float] | str | Sequence[str]
MOST_DB = 60.0


def change(remove: Any = None, keep: Any = None, gain: Any = None) -> Change | None:
    """Check what somebody wants to be changed.

    Args:
        remove: a WHAT (`unweave.asking.what`) or several of them, which are taken out.
        keep: the same, and nothing else stays.
        gain: dB by WHAT, or texts such as "Dog=-12"; "-inf" takes it out.

    Returns:
        What is to be done; None if that is nothing.

    Raises:
        UnweaveError: two of the three, a gain that is no number, or a WHAT that makes no sense or has two gains.
    """
    from unweave.inference.change import Change  # which brings torch

    removed, kept, gained = every_what(remove), every_what(keep), _gains(gain)
    kinds = [name for name, given in (("remove", removed), ("keep", kept), ("gain", gained)) if given]
    if len(kinds) > 1:
        hint = (
            " To take one sound out and make another louder, write both as gains: X=-inf."
            if "keep" not in kinds
            else ""
        )
        raise UnweaveError(f"--{kinds[0]} and --{kinds[1]} cannot go together; choose one.{hint}")
    if kept:
        return Change("kept", 0.0, tuple(_part(what, 1.0) for what in _once(kept)))
    if removed:
        return Change("removed", 1.0, tuple(_part(what, 0.0) for what in _once(removed)))
    if gained:
        whats = [what for what, _ in gained]
        if (twice := next((what for what in whats if whats.count(what) > 1), None)) is not None:
            raise UnweaveError(f"{twice!r} has two gains; give one.")
        return Change("remixed", 1.0, tuple(_part(what, 10 ** (db / 20)) for what, db in gained))
    return None


def amending(given: Mapping[str, Any]) -> Asked:
    """Of what is asked, only that which wants no track of its own, but says what is not meant.

    Args:
        given: values by the arguments of `Model.separate`.

    Raises:
        UnweaveError: one of them makes no sense, or wants a track of its own.
        TypeError: an argument that no way of asking has.
    """
    there = {name: value for name, value in given.items() if value is not None}
    own = {way.look.argument for way in all_ways() if way.wants}
    for name in there:
        if name in own:
            raise UnweaveError(
                f"{name} makes tracks and goes to separate; a remix is told what to remove, keep or gain."
            )
    return Asked(asked(there).wishes[-len(there) :] if there else (), {})


def _part(what: What, factor: float) -> Part:
    from unweave.inference.change import Part

    return Part(printable(what) if isinstance(what, Path) else str(what), named(what), factor)


def _once(whats: Sequence[What]) -> list[What]:
    return [what for place, what in enumerate(whats) if what not in whats[:place]]


def _gains(given: Any) -> list[tuple[What, float]]:
    if isinstance(given, Mapping):
        return [(what, _decibels(db, f"{what}={db}")) for what, db in given.items()]
    return [_gain(one) for one in several(given)]


def _gain(text: Any) -> tuple[What, float]:
    if not isinstance(text, str) or "=" not in text:
        raise UnweaveError(f'{text!r} is no gain; write WHAT=dB, such as "Dog=-12".')
    what, _, number = text.rpartition("=")
    if not what.strip():
        raise UnweaveError(f'{text!r} does not say of what; write WHAT=dB, such as "Dog=-12".')
    return what.strip(), _decibels(number, text)


def _decibels(value: Any, text: str) -> float:
    number = value.strip().lower().removesuffix("db").strip() if isinstance(value, str) else value
    try:
        decibels = float(number) if not isinstance(number, bool) else math.nan
    except (TypeError, ValueError):
        decibels = math.nan
    if math.isnan(decibels) or decibels > MOST_DB:
        raise UnweaveError(
            f'{text!r} is no gain: after the = comes a number of dB, at most {MOST_DB:.0f}, such as "Dog=-12"; '
            "-inf takes it out."
        )
    return decibels

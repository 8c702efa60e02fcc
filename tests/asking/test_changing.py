"""What is to be changed, and how people write it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from unweave.asking.changing import amending, change
from unweave.asking.classes import Classes
from unweave.asking.span import Span
from unweave.asking.words import Words
from unweave.errors import UnweaveError


def test_each_kind() -> None:
    removed = change(remove=["Dog", (1, 2)])
    assert removed is not None and (removed.kind, removed.rest) == ("removed", 1)
    assert [type(part.wish) for part in removed.parts] == [Classes, Span]
    assert [part.factor for part in removed.parts] == [0, 0] and removed.title == "Dog, (1, 2) removed"
    kept = change(keep="Dog")
    assert kept is not None and (kept.kind, kept.rest, kept.parts[0].factor) == ("kept", 0, 1)
    assert change() is None and change([], (), {}) is None


@pytest.mark.parametrize(
    ("given", "factor"),
    [
        ("Dog=-6", 10 ** (-6 / 20)),
        ("Dog = +6 dB", 10 ** (6 / 20)),
        ("Dog=-12.5DB", 10 ** (-12.5 / 20)),
        ("Dog=0", 1),
        ("Dog=-inf", 0),
        ({"Dog": -20}, 0.1),
    ],
)
def test_gains(given: Any, factor: float) -> None:
    remixed = change(gain=given)
    assert remixed is not None and remixed.kind == "remixed" and len(remixed.parts) == 1
    assert remixed.parts[0].what == "Dog" and math.isclose(remixed.parts[0].factor, factor)


def test_names_may_hold_anything_before_the_last_sign() -> None:
    remixed = change(gain=["Bee, wasp, etc.=-3", "1:02-1:04=-3"])
    assert remixed is not None and [part.what for part in remixed.parts] == ["Bee, wasp, etc.", "1:02-1:04"]


@pytest.mark.parametrize(
    "gain", ["Dog", "Dog=", "Dog=loud", "Dog=nan", "Dog=61", "=3", 3, {"Dog": None}, {"Dog": True}]
)
def test_no_gains(gain: Any) -> None:
    with pytest.raises(UnweaveError, match="gain|does not say"):
        change(gain=gain)


def test_two_kinds_do_not_go_together() -> None:
    for given in ({"remove": "Dog", "keep": "Cat"}, {"remove": "Dog", "gain": "Cat=3"}, {"keep": 0, "gain": "Cat=3"}):
        with pytest.raises(UnweaveError, match="cannot go together"):
            change(**given)  # type: ignore[arg-type]


def test_what_wants_tracks_does_not_amend() -> None:
    assert amending({}).wishes == () and amending({"classes": None}).wishes == ()
    with pytest.raises(UnweaveError, match="goes to separate"):
        amending({"classes": "Dog"})
    with pytest.raises(TypeError, match="no way of asking"):
        amending({"clases": "Dog"})


def test_words_are_a_sound_too() -> None:
    kept = change(keep="a dog barking in the distance")
    assert kept is not None and isinstance(kept.parts[0].wish, Words)
    classes = change(keep="zxqv wrblgh")
    assert classes is not None and isinstance(classes.parts[0].wish, Classes), "refused by its name later"

"""A sound that is named without saying in which way."""

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.asking.classes import Classes
from unweave.asking.example import Example
from unweave.asking.span import Span
from unweave.asking.what import every_what, named


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("woof.wav").touch()
    Path("Dog").mkdir()  # a class goes before a folder of that name


@pytest.mark.parametrize(
    ("what", "way"),
    [
        ("Dog", Classes(("Dog",))),
        ("/m/0bt9lr", Classes(("/m/0bt9lr",))),
        (74, Classes((74,))),
        ("woof.wav", Example((Path("woof.wav"),))),
        (Path("woof.wav"), Example((Path("woof.wav"),))),
        ("1:02-1:04.5", Span(((62, 64.5),))),
        ("90-", Span(((90, None),))),
        ((1.5, None), Span(((1.5, None),))),
        ("a class of one's own", Classes(("a class of one's own",))),
    ],
)
def test_a_sound_is_named_without_saying_how(what: object, way: object) -> None:
    assert named(what) == way


def test_a_tuple_of_times_is_one_and_a_list_several() -> None:
    assert every_what((1, 2)) == [(1, 2)] and every_what([1, 2]) == [1, 2]
    assert every_what(None) == [] and every_what(["Dog", (1, 2)]) == ["Dog", (1, 2)]

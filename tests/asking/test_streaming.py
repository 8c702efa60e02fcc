from __future__ import annotations

import pytest

from unweave.asking.streaming import streamed
from unweave.errors import UnweaveError


def test_classes_and_what_is_kept_are_the_same() -> None:
    one, other = streamed(classes=["Dog", "Speech"]), streamed(keep=["Dog", "Speech"])
    assert one == other and (one.kind, one.rest) == ("kept", 0.0)
    assert [part.factor for part in one.parts] == [1.0, 1.0]
    assert streamed("Dog", keep="Speech") == one
    assert streamed(74).parts[0].what == "74"


def test_all_of_it_needs_nobody() -> None:
    for given in ({"classes": "all"}, {"keep": ["All"]}, {"classes": ["Dog", "all"]}):
        wanted = streamed(**given)
        assert wanted.rest == 1.0 and wanted.parts == ()


def test_the_rest_is_as_a_recording_is_changed() -> None:
    removed = streamed(remove="Dog")
    assert (removed.kind, removed.rest, removed.parts[0].factor) == ("removed", 1.0, 0.0)
    assert streamed(gain="Dog=-20").parts[0].factor == pytest.approx(0.1)


@pytest.mark.parametrize(
    "given", [{}, {"classes": []}, {"classes": "Dog", "remove": "Cat"}, {"keep": "all", "gain": "Dog=1"}, {"gain": "1"}]
)
def test_what_makes_no_sense_is_a_sentence(given: dict[str, object]) -> None:
    with pytest.raises(UnweaveError):
        streamed(**given)

from __future__ import annotations

import time

import pytest

from unweave.words.grammar import as_caption, parse

NAMES = {"rock and roll", "dishes, pots, and pans", "silence", "everything"}


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("a dog", ["a dog"], []),
        ("Dogs and birds.", ["dogs", "birds"], []),
        ("speech, music & rain", ["speech", "music", "rain"], []),
        ("rock and roll and rain", ["rock and roll", "rain"], []),
        ("rain, dishes, pots, and pans", ["rain", "dishes, pots, and pans"], []),
        ("everything but the speech", [], ["the speech"]),
        ("all except for the dog and the cat", [], ["the dog", "the cat"]),
        ("anything other than rain", [], ["rain"]),
        ("no dogs", [], ["dogs"]),
        ("please remove the siren", [], ["the siren"]),
        ("get rid of the hum please", [], ["the hum"]),
        ("music without drums", ["music"], ["drums"]),
        ("music without the drums and bass", ["music"], ["drums", "bass"]),
        ("birds but no cars", ["birds"], ["cars"]),
        ("keep the birds, remove the cars", ["the birds"], ["cars"]),
        ("the song minus the vocals", ["the song"], ["vocals"]),
        ("I want only the guitar", ["the guitar"], []),
        ("silence", ["silence"], []),
        ("nothing like a note", ["nothing like a note"], []),
        ("opening or closing doors", ["opening or closing doors"], []),
        ("everything", ["everything"], []),
        (" , ; ", [], []),
    ],
)
def test_requests_are_taken_apart(text: str, wanted: list[str], unwanted: list[str]) -> None:
    request = parse(text, NAMES.__contains__)
    assert (list(request.wanted), list(request.unwanted)) == (wanted, unwanted)


def test_a_list_without_end_is_cut() -> None:
    start = time.process_time()
    request = parse("dog, " * 100_000, lambda phrase: False)
    assert 1 < len(request.wanted) <= 100 and time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "caption", "rest"),
    [
        ("a dog and rain", "a dog and rain", False),
        ("everything but the rain", "the rain", True),
        ("music without drums", "music", False),
        ("...", "...", False),
    ],
)
def test_captions_tell_what_is_wanted(text: str, caption: str, rest: bool) -> None:
    assert as_caption(text) == (caption, rest)

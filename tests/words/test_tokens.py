from __future__ import annotations

import pytest

from unweave.words.tokens import LONGEST, content, stem, words


@pytest.mark.parametrize(
    "family",
    [
        "bark barks barking barked",
        "snore snores snoring snored",
        "baby babies",
        "cry cries cried crying",
        "clap claps clapping clapped",
        "glass glasses",
        "bus buses",
        "hiss hisses hissing hissed",
        "whistle whistles whistling",
    ],
)
def test_endings_make_no_difference(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("pair", ["string strung", "sing sling", "bell bull", "ring rig", "wing win", "bed be"])
def test_short_words_are_left_alone(pair: str) -> None:
    first, second = pair.split()
    assert stem(first) != stem(second)


def test_words_are_bare() -> None:
    assert words("The  Café's DOG, barking!") == ["the", "cafe", "dog", "barking"]
    assert words("") == words("  … 🎉 ") == []
    assert len(words("a " * 10_000)) <= LONGEST


def test_content_is_never_lost_altogether() -> None:
    assert content(["the", "dog"]) == ["dog"] and content(["the"]) == ["the"]

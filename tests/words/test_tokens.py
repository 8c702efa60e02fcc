from __future__ import annotations

import pytest

from unweave.errors import UnweaveError
from unweave.words.tokens import LONGEST, said, stem, words


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


def test_what_was_said_is_one_line_of_bearable_length() -> None:
    assert said("  a\n dog ") == "a dog" and said("a" * LONGEST)
    for text, words_of_it in ((" \n", "empty"), ("dog, " * 1_000_000, "letters more are too many")):
        with pytest.raises(UnweaveError, match=words_of_it) as caught:
            said(text)
        assert len(str(caught.value)) < 200

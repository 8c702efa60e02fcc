from __future__ import annotations

from unweave.words.phrase import weighted

KNOWN = {word: place for place, word in enumerate("dog barking kitchen loud rain thunder the in".split())}
NAMED = dict.fromkeys(KNOWN)


def test_what_is_meant_weighs_more_than_where_and_how() -> None:
    words = {word.text: word.weight for word in weighted("the loud dog barking in the kitchen", KNOWN, NAMED)}
    assert list(words) == ["loud", "dog", "barking", "kitchen"]
    assert words["dog"] == words["barking"] == 1 > words["kitchen"] > 0 and 0 < words["loud"] < 1


def test_slips_and_words_written_together_are_known_and_nonsense_is_not() -> None:
    (mended,) = weighted("barkng", KNOWN, NAMED)
    assert (mended.text, mended.known) == ("barking", True)
    assert [word.text for word in weighted("thunderrain", KNOWN, NAMED)] == ["thunder", "rain"]
    (strange,) = weighted("xqzkw", KNOWN, NAMED)
    assert not strange.known


def test_something_is_left_of_words_that_say_little_and_nothing_of_none() -> None:
    assert [(word.text, word.weight) for word in weighted("loud", KNOWN, NAMED)] == [("loud", 1.0)]
    assert weighted("in the", KNOWN, NAMED) == weighted("…", KNOWN, NAMED) == []

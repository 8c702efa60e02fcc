from __future__ import annotations

import pytest

from unweave.words.spelling import corrected, distance

KNOWN = ["guitar", "guard", "helicopter", "violin", "dog", "saxophone"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("gitar", "guitar"), ("violen", "violin"), ("helicoper", "helicopter"), ("saxaphnoe", "saxophone")],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert corrected(typed, KNOWN) == meant


@pytest.mark.parametrize("typed", ["dgo", "xuitar", "gutter", "helipad", "vrrtskp", ""])
def test_other_words_are_not(typed: str) -> None:
    assert corrected(typed, KNOWN) is None


def test_distance_counts_swaps_once_and_stops() -> None:
    assert distance("abcd", "abdc", 5) == 1 and distance("abcd", "abcd", 5) == 0
    assert distance("abcd", "wxyz", 2) == 2 and distance("", "abc", 9) == 3

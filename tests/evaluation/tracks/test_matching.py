from __future__ import annotations

import numpy as np

from unweave.evaluation.tracks.matching import Said, match
from unweave.evaluation.tracks.truth import Truth


def on(*stretches: tuple[int, int]) -> np.ndarray:
    made = np.zeros(100, bool)
    for first, last in stretches:
        made[first:last] = True
    return made


def truth(nodes: str, kin: str, *when: tuple[int, int]) -> Truth:
    return Truth(frozenset(nodes), frozenset(kin), np.zeros((1, 1), np.float32), on(*when))


def said(mid: str, *when: tuple[int, int]) -> Said:
    return Said(mid, on(*when))


def test_class_and_time_must_fit() -> None:
    there = [truth("d", "ad", (0, 20)), truth("r", "r", (30, 60))]
    right = match(there, [said("r", (30, 90)), said("d", (10, 30))])
    assert right.found == ((0, 1), (1, 0)) and not right.missed and not right.invented
    wrong = match(there, [said("d", (16, 40)), said("x", (30, 60)), said("a", (5, 10))])
    assert wrong.found == ((0, 2),) and wrong.missed == (1,) and wrong.invented == (0, 1)


def test_each_counts_once_and_as_many_as_possible() -> None:
    there = [truth("d", "ad", (0, 40)), truth("c", "ac", (0, 40))]
    found = match(there, [said("a", (0, 40)), said("c", (0, 30))])
    assert found.found == ((0, 0), (1, 1)) and not found.invented
    # The first one could have either, and leaves to the second what that one alone can have.
    other = match(there[::-1], [said("a", (0, 40)), said("c", (0, 30))])
    assert other.found == ((0, 1), (1, 0)) and not other.missed
    twice = match(there[:1], [said("a", (0, 40)), said("d", (0, 40))])
    assert len(twice.found) == 1 and twice.invented in ((), (0,))


def test_a_second_node_of_a_sound_is_not_invented_but_its_kin_is() -> None:
    hubbub = truth("hs", "ahs", (0, 50))
    assert match([hubbub], [said("h", (0, 50)), said("s", (0, 50))]).invented == ()
    assert match([hubbub], [said("h", (0, 50)), said("a", (0, 50))]).invented == (1,)
    assert match([hubbub], [said("h", (0, 50)), said("s", (60, 90))]).invented == (1,)


def test_a_sound_above_the_level_is_found_by_what_is_below_it() -> None:
    music = truth("", "mpg", (0, 50))
    both = match([music], [said("p", (0, 20)), said("g", (20, 50))])
    assert len(both.found) == 1 and not both.missed and not both.invented
    assert match([music], []).missed == (0,)


def test_nothing_there_and_nothing_said() -> None:
    assert match([], []) == match([], [])
    assert match([], [said("d", (0, 9))]).invented == (0,)

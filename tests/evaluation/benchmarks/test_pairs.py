from collections import Counter

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.pairs import Sound, draw_pairs, drawn


def sound(key, *labels, classes=(), group=""):
    return Sound(key, labels, frozenset({*labels, *classes}), group or key)


def plain(labels="abcd", each=6):
    return [sound(f"{label}{number}", label) for label in labels for number in range(each)]


def keys(pairs):
    return {(pair.label, pair.target.key, pair.other.key) for pair in pairs}


def test_pairs_are_these():
    pairs = draw_pairs(plain("abc", 2), each=3, seed=7)
    assert [(pair.label, pair.number, pair.target.key, pair.other.key, pair.other_label) for pair in pairs] == PINNED


def test_every_label_gets_as_many_and_the_seed_decides():
    sounds = plain()
    pairs = draw_pairs(sounds, each=20, seed=1)
    assert Counter(pair.label for pair in pairs) == dict.fromkeys("abcd", 20)
    assert [pair.number for pair in pairs] == [*range(20)] * 4
    assert pairs == draw_pairs(sounds, each=20, seed=1) == draw_pairs(sounds[::-1], each=20, seed=1)
    assert keys(pairs) != keys(draw_pairs(sounds, each=20, seed=2))
    assert draw_pairs(sounds, each=5, seed=1) == [pair for pair in pairs if pair.number < 5]


def test_no_target_comes_again_before_all_have_come():
    pairs = draw_pairs(plain(), each=15)
    for label in "abcd":
        targets = [pair.target.key for pair in pairs if pair.label == label]
        assert len({*targets[:6]}) == len({*targets[6:12]}) == 6
        assert targets[:6] != targets[6:12]


def test_partners_are_drawn_evenly_over_labels_not_over_sounds():
    sounds = [*plain("a", 4), *plain("b", 1), *plain("c", 200)]
    partners = Counter(pair.other_label for pair in draw_pairs(sounds, each=1000) if pair.label == "a")
    assert 400 < partners["b"] < 600


def test_two_that_share_a_class_or_a_recording_are_never_mixed():
    sounds = [
        sound("poodle", "dog", classes=["animal"], group="yard"),
        sound("pug", "dog", classes=["animal"]),
        sound("cat", "cat", classes=["animal"]),
        sound("rain", "rain", group="yard"),
        sound("hail", "rain", "wind"),
        sound("gale", "wind"),
    ]
    pairs = draw_pairs(sounds, each=40)
    assert Counter(pair.label for pair in pairs) == dict.fromkeys(("dog", "cat", "rain", "wind"), 40)
    for pair in pairs:
        assert not pair.target.classes & pair.other.classes and pair.target.group != pair.other.group
        assert pair.label in pair.target.labels and pair.other_label in pair.other.labels
    assert {pair.other.key for pair in pairs if pair.target.key == "poodle"} == {"hail", "gale"}


def test_a_label_that_cannot_be_mixed_with_anything_has_no_pairs():
    sounds = [sound("noise", "noise", "a", "b"), sound("x", "a"), sound("y", "b")]
    assert Counter(pair.label for pair in draw_pairs(sounds, each=5)) == {"a": 5, "b": 5}
    assert {pair.target.key for pair in draw_pairs(sounds, each=5)} == {"x", "y"}
    assert draw_pairs([sound("x", "a")], each=5) == [] == draw_pairs([], each=5)


def test_a_label_that_is_added_only_comes_in_where_it_is_drawn():
    before = draw_pairs(plain("abcd"), each=12)
    after = draw_pairs(plain("abcde"), each=12)
    old = [pair for pair in after if pair.label != "e"]
    assert [(pair.label, pair.target) for pair in old] == [(pair.label, pair.target) for pair in before]
    changed = [new for new, pair in zip(old, before, strict=True) if new != pair]
    assert changed and all(pair.other_label == "e" for pair in changed)
    assert len(changed) < len(before) / 2


def test_a_sound_that_is_taken_away_changes_only_its_own_pairs():
    sounds = plain("abcd", 30)
    before = draw_pairs(sounds, each=30)
    after = draw_pairs([one for one in sounds if one.key != "b7"], each=29)
    untouched = {key for key in keys(before) if "b7" not in key}
    assert len(untouched - keys(after)) <= 4  # the last ones, since there is one less for each label
    with_it = [pair for pair in before if pair.target.key == "b7" or pair.other.key == "b7"]
    assert len(keys(after) - keys(before)) <= len(with_it)


def test_some_are_drawn_without_repetition_and_whatever_their_order():
    names = [f"clip {number}" for number in range(30)]
    some = drawn(names, 10, "mark")
    assert len(set(some)) == 10 and set(some) <= set(names)
    assert some == drawn(names[::-1], 10, "mark") == drawn(names, 30, "mark")[:10]
    assert some != drawn(names, 10, "another mark") and sorted(drawn(names, 99, "mark")) == sorted(names)
    assert drawn([], 3, "mark") == []


def test_no_pair_at_all_is_refused():
    with pytest.raises(UnweaveError, match="at least one pair"):
        draw_pairs(plain(), each=0)


PINNED = [
    ("a", 0, "a1", "b1", "b"),
    ("a", 1, "a0", "c1", "c"),
    ("a", 2, "a1", "c1", "c"),
    ("b", 0, "b0", "c0", "c"),
    ("b", 1, "b1", "c0", "c"),
    ("b", 2, "b0", "c0", "c"),
    ("c", 0, "c0", "b0", "b"),
    ("c", 1, "c1", "a1", "a"),
    ("c", 2, "c1", "a1", "a"),
]

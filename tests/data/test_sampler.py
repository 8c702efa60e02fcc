import json
from collections import Counter

import numpy as np
import pytest

from unweave.data.sampler import BalancedSampler
from unweave.errors import UnweaveError

MEMBERS = {0: list(range(100)), 1: [100, 101], 2: [102], 3: list(range(103, 110)), 4: [110, 111, 112]}


def test_counts_of_classes_differ_by_at_most_one():
    sampler = BalancedSampler(MEMBERS, batch=3, seed=0)
    counts = Counter()
    for _ in range(37):
        _, classes = sampler.draw()
        counts.update(classes.tolist())
        assert max(counts.values()) - min(counts.get(key, 0) for key in MEMBERS) <= 1


def test_no_clip_comes_twice_before_all_of_its_class_have_come():
    sampler = BalancedSampler(MEMBERS, batch=5, seed=0)
    seen = [int(clip) for _ in range(70) for clip, key in zip(*sampler.draw(), strict=True) if key == 3]
    for i in range(0, 70, 7):
        assert sorted(seen[i : i + 7]) == MEMBERS[3]


def test_a_clip_is_of_the_class_that_it_was_drawn_for():
    sampler = BalancedSampler(MEMBERS, batch=4, seed=1)
    for _ in range(20):
        for clip, key in zip(*sampler.draw(), strict=True):
            assert clip in MEMBERS[int(key)]


def test_weights_repeat_a_class_within_a_round():
    sampler = BalancedSampler(MEMBERS, batch=7, seed=0, weights={0: 3})
    assert Counter(sampler.draw()[1].tolist()) == {0: 3, 1: 1, 2: 1, 3: 1, 4: 1}


def test_a_saved_state_goes_on_as_if_never_stopped():
    one = BalancedSampler(MEMBERS, batch=3, seed=5)
    for _ in range(11):
        one.draw()
    two = BalancedSampler(MEMBERS, batch=3, seed=99)
    two.load_state_dict(json.loads(json.dumps(one.state_dict())))
    for _ in range(30):
        assert all(np.array_equal(a, b) for a, b in zip(one.draw(), two.draw(), strict=True))


def test_an_empty_class_and_too_large_a_batch_are_said():
    with pytest.raises(UnweaveError, match="no clip"):
        BalancedSampler({0: [1], 1: []}, batch=1, seed=0)
    with pytest.raises(UnweaveError, match="as many classes"):
        BalancedSampler(MEMBERS, batch=6, seed=0)

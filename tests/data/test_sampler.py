import json
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data.sampler import BalancedSampler, RandomSampler, samplers
from unweave.errors import UnweaveError

MEMBERS = {0: list(range(100)), 1: [100, 101], 2: [102], 3: list(range(103, 110)), 4: [110, 111, 112]}
SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def members_of(sizes):
    ends = np.cumsum([0, *sizes])
    return {key: list(range(ends[key], ends[key + 1])) for key in range(len(sizes))}


def make(name, **kwargs):
    if name == "balanced":
        return BalancedSampler(MEMBERS, **kwargs)
    return RandomSampler(range(23), classes=lambda row: tuple(range(row % 4)), **kwargs)


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@settings(max_examples=30, deadline=None)
@given(SIZES, st.integers(1, 12), st.integers(0, 9))
def test_counts_of_classes_differ_by_at_most_one(sizes, batch, seed):
    sampler = BalancedSampler(members_of(sizes), batch, seed)
    counts = Counter()
    for _ in range(15):
        _, classes = sampler.draw()
        counts.update(classes.tolist())
        assert max(counts.values()) - min(counts.get(key, 0) for key in range(len(sizes))) <= 1


@settings(max_examples=30, deadline=None)
@given(SIZES, st.integers(1, 12), st.integers(0, 9))
def test_no_clip_comes_twice_before_all_of_its_class_have_come(sizes, batch, seed):
    members = members_of(sizes)
    sampler = BalancedSampler(members, batch, seed)
    seen = {key: [] for key in members}
    for _ in range(15):
        for clip, key in zip(*sampler.draw(), strict=True):
            seen[int(key)].append(int(clip))
    for key, clips in members.items():
        for i in range(0, len(seen[key]) - len(clips) + 1, len(clips)):
            assert sorted(seen[key][i : i + len(clips)]) == clips


def test_a_batch_holds_no_class_twice_if_there_are_enough():
    sampler = BalancedSampler(MEMBERS, batch=4, seed=0)
    assert all(len(set(sampler.draw()[1].tolist())) == 4 for _ in range(50))


def test_batches_and_rounds_differ():
    sampler = BalancedSampler(MEMBERS, batch=5, seed=0)
    draws = [sampler.draw() for _ in range(40)]
    assert len({tuple(classes) for _, classes in draws}) > 20
    of_three = [int(clips[list(classes).index(3)]) for clips, classes in draws]
    assert len({tuple(of_three[i : i + 7]) for i in range(0, 35, 7)}) == 5


def test_weights_repeat_a_class_within_a_round():
    sampler = BalancedSampler(MEMBERS, batch=7, seed=0, weights={0: 3})
    assert Counter(sampler.draw()[1].tolist()) == {0: 3, 1: 1, 2: 1, 3: 1, 4: 1}


def test_random_draws_take_every_clip_once_a_round_for_one_of_its_tags():
    sampler = make("random", batch=5, seed=0)
    clips, classes = (np.concatenate(parts) for parts in zip(*(sampler.draw() for _ in range(23)), strict=True))
    for i in range(0, 115, 23):
        assert sorted(clips[i : i + 23]) == list(range(23))
    untagged = clips % 4 == 0
    assert (classes[untagged] == -1).all()
    assert ((classes[~untagged] >= 0) & (classes[~untagged] < clips[~untagged] % 4)).all()
    assert set(classes[clips % 4 == 3]) == {0, 1, 2}


@pytest.mark.parametrize("name", list(samplers))
@pytest.mark.parametrize("world", [2, 3])
def test_what_the_processes_draw_is_what_one_draws_with_the_joint_batch(name, world):
    joint = make(name, batch=2 * world, seed=3)
    parts = [make(name, batch=2, seed=3, rank=rank, world=world) for rank in range(world)]
    for _ in range(20):
        drawn = [part.draw() for part in parts]
        assert same(joint.draw(), [np.concatenate(both) for both in zip(*drawn, strict=True)])


@pytest.mark.parametrize("name", list(samplers))
@pytest.mark.parametrize("draws", [0, 1, 11])
def test_a_saved_state_goes_on_as_if_never_stopped(name, draws):
    one, two = make(name, batch=3, seed=5), make(name, batch=3, seed=99)
    for _ in range(draws):
        one.draw(), two.draw(), two.draw()
    two.load_state_dict(json.loads(json.dumps(one.state_dict())))
    for _ in range(30):
        assert same(one.draw(), two.draw())


def test_a_state_of_other_clips_is_refused():
    state = make("balanced", batch=3, seed=5).state_dict()
    with pytest.raises(UnweaveError, match="cannot go on exactly"):
        BalancedSampler(MEMBERS | {4: [110]}, batch=3, seed=5).load_state_dict(state)
    with pytest.raises(UnweaveError, match="cannot go on exactly"):
        RandomSampler(range(22), 3, 5).load_state_dict(make("random", batch=3, seed=5).state_dict())


def test_millions_of_clips_are_quick_to_draw_and_small_to_save():
    ends = np.linspace(0, 2_000_000, 528).astype(np.int64)
    sampler = BalancedSampler({key: np.arange(ends[key], ends[key + 1]) for key in range(527)}, 64, seed=0)
    sampler.draw()
    started = time.process_time()
    for _ in range(50):
        sampler.draw()
    assert (time.process_time() - started) / 50 < 0.05
    assert len(json.dumps(sampler.state_dict())) < 30_000


def test_what_cannot_be_drawn_from_is_said():
    with pytest.raises(UnweaveError, match="no clip"):
        BalancedSampler({0: [1], 1: []}, batch=1, seed=0)
    with pytest.raises(UnweaveError, match="no class"):
        BalancedSampler({}, batch=1, seed=0)
    with pytest.raises(UnweaveError, match="no clip"):
        RandomSampler([], batch=1, seed=0)
    with pytest.raises(UnweaveError, match="rank 2 of 2"):
        RandomSampler([1], batch=1, seed=0, rank=2, world=2)

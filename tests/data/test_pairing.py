import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data.pairing import disjoint_groups, disjoint_partners, rolled_groups, shared_classes, thresholded
from unweave.errors import UnweaveError


@st.composite
def batches(draw):
    """What some anchors hold, and how many are mixed."""
    sources = draw(st.integers(2, 4))
    number = draw(st.integers(sources, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return torch.from_numpy(rng.random((number, 6)) < draw(st.sampled_from([0.05, 0.2, 0.4]))), sources


def pairing_exists(clash):
    """Hall's theorem: any set of anchors has as many candidates that clash with not all of it."""
    allowed = ~clash
    sets = itertools.chain.from_iterable(itertools.combinations(range(len(clash)), n) for n in range(1, len(clash) + 1))
    return all(allowed[list(some)].any(0).sum() >= len(some) for some in sets)


@settings(max_examples=60, deadline=None)
@given(batches(), st.integers(0, 100))
def test_no_two_of_a_group_share_a_class_and_each_anchor_comes_equally_often(batch, seed):
    present, sources = batch
    clash = shared_classes(present)
    try:
        groups = disjoint_groups(clash, sources, np.random.default_rng(seed))
    except UnweaveError:
        groups = None
    if groups is None:
        assert sources > 2 or len(clash) > 8 or not pairing_exists(clash.numpy())
        return
    assert groups.shape == (len(present), sources)
    assert torch.equal(groups[:, 0], torch.arange(len(present)))
    assert (present[groups].sum(1) <= 1).all()  # (B, J, K): no class in two of a group
    assert (groups.sort(1).values.diff(dim=1) > 0).all()  # nor an anchor twice
    assert (groups.flatten().bincount(minlength=len(present)) == sources).all()


def test_a_pairing_is_found_where_only_one_exists():
    # Anchor i may only be mixed with its neighbour i ^ 1.
    number = 20
    clash = np.ones((number, number), bool)
    clash[np.arange(number), np.arange(number) ^ 1] = False
    groups = disjoint_groups(clash, 2, np.random.default_rng(0))
    assert groups[:, 1].tolist() == [i ^ 1 for i in range(number)]


def test_free_anchors_are_mixed_at_random():
    rng = np.random.default_rng(0)
    partners = torch.stack([disjoint_groups(np.zeros((5, 5), bool), 2, rng)[:, 1] for _ in range(1000)])
    counts = partners[:, 0].bincount(minlength=5)
    assert counts[0] == 0 and (counts[1:] > 200).all()


def test_a_batch_of_one_class_cannot_be_mixed():
    clash = shared_classes(torch.ones(6, 3, dtype=torch.bool))
    for whole in (True, False):
        with pytest.raises(UnweaveError, match="without a shared class"):
            disjoint_groups(clash, 2, np.random.default_rng(0), whole=whole)
    with pytest.raises(UnweaveError, match="shared class"):
        disjoint_partners(np.ones((4, 4), bool), np.random.default_rng(0))


def test_anchors_that_find_no_group_can_be_left_out():
    present = torch.tensor([[1, 0]] * 5 + [[0, 1]] * 2, dtype=torch.bool)  # five of one class, two of the other
    groups = disjoint_groups(shared_classes(present), 2, np.random.default_rng(0), whole=False)
    assert len(groups) == 4 and (present[groups].sum(1) == 1).all()  # two of the five, and the two
    assert groups.flatten().bincount().max() <= 2


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9))
def test_without_the_check_anchors_are_rolled(batch, sources):
    if sources > batch:
        with pytest.raises(UnweaveError, match="at least as many anchors"):
            rolled_groups(batch, sources)
        return
    groups = rolled_groups(batch, sources)
    assert groups[0].tolist() == list(range(sources)) and groups[-1].tolist() == [batch - 1, *range(sources - 1)]
    assert (groups.flatten().bincount() == sources).all()


def test_thresholds_are_one_for_all_or_one_for_each_class():
    tags = torch.tensor([[0.3, 0.6], [0.7, 0.1]])
    assert thresholded(tags, 0.5).tolist() == [[False, True], [True, False]]
    assert thresholded(tags, torch.tensor([0.2, 0.8])).tolist() == [[True, False], [True, False]]
    drawn = thresholded(tags, 0.9, torch.tensor([1, -1]))
    assert drawn.tolist() == [[False, True], [False, False]]
    with pytest.raises(UnweaveError, match="3 thresholds"):
        thresholded(tags, torch.zeros(3))


def test_anchors_clash_with_themselves_and_with_those_of_their_classes():
    present = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=torch.bool)
    assert shared_classes(present).int().tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]


def test_no_pair_of_two_lists_shares_a_class():
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, second = (rng.random((12, 20)) < 0.1 for _ in range(2))
        clash = (first.astype(int) @ second.T.astype(int)) > 0
        partner = disjoint_partners(clash, rng)
        assert sorted(partner) == list(range(12))
        assert not (first & second[partner]).any()

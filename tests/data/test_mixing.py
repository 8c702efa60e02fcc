import numpy as np
import pytest
import torch

from unweave.data.mixing import disjoint_partners, random_gain
from unweave.errors import UnweaveError


def test_no_pair_shares_a_class():
    rng = np.random.default_rng(0)
    for _ in range(50):
        first, second = (rng.random((12, 20)) < 0.1 for _ in range(2))
        clash = (first.astype(int) @ second.T.astype(int)) > 0
        partner = disjoint_partners(clash, rng)
        assert sorted(partner) == list(range(12))
        assert not (first & second[partner]).any()


def test_a_batch_of_one_class_cannot_be_paired():
    with pytest.raises(UnweaveError, match="shared class"):
        disjoint_partners(np.ones((4, 4), bool), np.random.default_rng(0))


def test_random_gain_is_within_its_range():
    gains = 20 * torch.log10(random_gain(torch.ones(1000, 1), 20.0, torch.Generator().manual_seed(0)))
    assert gains.abs().max() <= 20.0 and gains.min() < -18 and gains.max() > 18

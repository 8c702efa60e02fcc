"""Held-out pairs: two classes, equal energy, the loudest part, always the same ones; figures that can be checked."""

import numpy as np
import pytest
import torch
from methods import planted

from unweave.training.validation import HeldOutPairs, loudest


def test_pairs_are_of_held_out_clips_that_share_no_class_and_every_class_is_asked_for():
    store = planted(train=(5, 5, 5), valid=(3, 2, 4), test=(1, 1, 1))
    pairs = HeldOutPairs(store, each=3).pairs
    held = set(store.rows("valid").tolist())
    assert {row for pair in pairs for row in pair[:2]} <= held
    assert sorted(key for _, _, key in pairs) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for target, other, key in pairs:
        assert key in store.classes(target) and not set(store.classes(target)) & set(store.classes(other))
    assert HeldOutPairs(store, each=3).pairs == pairs


def test_the_test_part_stands_in_and_without_held_out_clips_there_is_no_figure():
    store = planted(train=(2, 2, 2), test=(2, 2, 2))
    assert {store.clips[row].split for pair in HeldOutPairs(store).pairs for row in pair[:2]} == {"test"}
    assert HeldOutPairs(planted(train=(2, 2, 2))).measure(lambda mixture, target, asked: mixture) == {}
    assert HeldOutPairs(planted(train=(2, 2, 2), valid=(3, 0, 0))).measure(lambda *_: None) == {}  # one class alone


def test_it_says_what_its_figures_are_of():
    pairs = HeldOutPairs(planted(train=(5, 5, 5), valid=(1, 1, 1)), each=2, seconds=0.5)
    assert str(pairs) == "6 pairs of 0.5 s from 3 clips of the part valid"
    assert "of the part test" in str(HeldOutPairs(planted(train=(2, 2, 2), test=(2, 2, 2))))


def test_many_classes_are_thinned_out_evenly():
    store = planted(valid=(4, 4, 4))
    pairs = HeldOutPairs(store, each=10, most=6).pairs
    assert len(pairs) == 6 and {key for _, _, key in pairs} == {0, 1, 2}


@pytest.mark.parametrize(("share", "improvement"), [(1.0, 0.0), (0.5, 6.0206), (0.1, 20.0)])
def test_an_estimate_with_less_of_the_other_sound_gains_what_arithmetic_says(share, improvement):
    store = planted(valid=(3, 3, 3))
    seen = []

    def estimate(mixture, target, asked):
        other = mixture - target
        seen.append(other.square().sum(1) / target.square().sum(1))
        return target + share * other

    figures = HeldOutPairs(store).measure(estimate)
    assert list(figures.values()) == pytest.approx([improvement] * 2, abs=1e-3)
    assert torch.allclose(torch.cat(seen), torch.tensor(1.0), rtol=1e-3)  # equal energy: 0 dB before


def test_the_mean_over_classes_is_that_of_their_medians():
    store = planted(valid=(6, 6, 6))
    pairs = HeldOutPairs(store, each=3)
    shares = iter(torch.tensor([1.0, 0.1, 0.1, 0.1, 1.0, 0.1, 1.0, 1.0, 0.1]))  # gains 0 or 20 dB, class by class

    def estimate(mixture, target, asked):
        return target + torch.stack([next(shares) for _ in target])[:, None] * (mixture - target)

    figures = pairs.measure(estimate)
    assert figures["SDRi, mean over classes of median"] == pytest.approx((20 + 20 + 0) / 3, abs=1e-3)
    assert figures["SDRi, mean"] == pytest.approx(20 * 5 / 9, abs=1e-3)


def test_a_mixture_is_cut_where_its_clips_are_loudest():
    store = planted(seconds=4.0, valid=(1, 1, 1))
    for row, (first, last) in enumerate(store.bursts):
        wave = loudest(store, row, 1.0)
        places = [i for i in range(0, len(store.waves[row]) - 32000 + 1) if store.waves[row][i] == wave[0]]
        assert any(first - 100 <= place and place + 32000 <= last + 100 for place in places)
    assert len(loudest(store, 0, 5.0)) == 5 * 32000 and not np.any(loudest(store, 0, 5.0)[4 * 32000 :])

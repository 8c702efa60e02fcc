import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.errors import UnweaveError
from unweave.evaluation.tagging import class_thresholds, d_prime, score_tagging

# Few different scores, so that ties are common.
CLIPS = st.lists(st.tuples(st.integers(0, 6).map(lambda n: n / 6), st.booleans()), min_size=2, max_size=30)
BOTH = CLIPS.filter(lambda clips: 0 < sum(hit for _, hit in clips) < len(clips))


def column(clips):
    return np.array([[score] for score, _ in clips]), np.array([[hit] for _, hit in clips])


def counted(clips, threshold):
    """True positives, all that are said, all that are there, by counting."""
    said = [hit for score, hit in clips if score >= threshold]
    return sum(said), len(said), sum(hit for _, hit in clips)


@given(BOTH)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_in_order(clips):
    pairs = [(p > n) + (p == n) / 2 for p, yes in clips for n, no in clips if yes and not no]
    assert score_tagging(*column(clips)).auc[0] == pytest.approx(np.mean(pairs))


@given(BOTH)
@settings(max_examples=60, deadline=None)
def test_average_precision_is_the_stepwise_area_under_the_curve(clips):
    area, before = 0.0, 0.0
    for threshold in sorted({score for score, _ in clips}, reverse=True):
        right, said, there = counted(clips, threshold)
        area += (right / there - before) * right / said
        before = right / there
    assert score_tagging(*column(clips)).average_precision[0] == pytest.approx(area)


@given(BOTH)
@settings(max_examples=60, deadline=None)
def test_no_threshold_gives_a_better_f1(clips):
    def f1(threshold):
        right, said, there = counted(clips, threshold)
        return 2 * right / (said + there)

    best = max(f1(score) for score, _ in clips)
    threshold = class_thresholds(*column(clips))[0]
    assert f1(threshold) == pytest.approx(best)
    # No clip sits on the threshold but where nothing lower is a probability.
    assert threshold == 0 or all(score != threshold for score, _ in clips)


def test_a_known_ranking():
    # By hand: precision 1 at the first positive, 2/3 at the second; 3 of 4 pairs are in order.
    scores = score_tagging([[0.9], [0.8], [0.7], [0.1]], [[True], [False], [True], [False]])
    assert scores.average_precision[0] == pytest.approx((1 + 2 / 3) / 2)
    assert scores.auc[0] == pytest.approx(0.75)
    # Phi^-1(0.75) is the quartile of the normal distribution.
    assert scores.d_prime[0] == pytest.approx(math.sqrt(2) * 0.6744897501960817)


def test_classes_that_cannot_be_judged_are_left_out_of_the_means():
    scores = np.array([[0.9, 0.5, 0.2], [0.1, 0.6, 0.3]])
    targets = np.array([[1, 0, 1], [0, 0, 1]], bool)  # judged; nobody holds it; everybody does
    judged = score_tagging(scores, targets)
    assert np.isnan(judged.auc).tolist() == np.isnan(judged.average_precision).tolist() == [False, True, True]
    assert judged.summary()["mAP"] == judged.summary()["AUC"] == 1.0
    assert class_thresholds(scores, targets, default=0.3)[1:].tolist() == [0.3, 0.3]


@pytest.mark.parametrize("clips", [0, 1])
def test_nothing_to_judge_gives_no_figure_rather_than_a_wrong_one(clips):
    scores, targets = np.full((clips, 2), 0.5), np.ones((clips, 2), bool)
    assert score_tagging(scores, targets).summary() == {}
    assert class_thresholds(scores, targets).tolist() == [0.5, 0.5]


def test_d_prime_is_zero_by_chance_odd_about_it_and_finite_at_the_ends():
    assert d_prime(0.5, 100) == 0
    assert d_prime(0.2, 100) == pytest.approx(-d_prime(0.8, 100))
    assert 0 < d_prime(1.0, 10) < d_prime(1.0, 10000) < math.inf
    assert d_prime(0.0, 10) == pytest.approx(-d_prime(1.0, 10))


def test_the_mean_d_prime_is_that_of_the_mean_auc():
    rng = np.random.default_rng(0)
    targets = rng.random((200, 3)) < 0.4
    scores = targets * np.array([0.2, 0.8, 2.0]) + rng.standard_normal((200, 3))
    judged = score_tagging(scores, targets)
    assert judged.summary()["d-prime"] == pytest.approx(d_prime(judged.auc.mean(), 10**9))
    assert judged.summary()["d-prime"] != pytest.approx(judged.d_prime.mean(), rel=1e-3)


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(UnweaveError, match="class 1"):
        score_tagging([[0.5, np.nan]], [[True, False]])
    with pytest.raises(UnweaveError, match="shape"):
        score_tagging([[0.5, 0.5]], [[True]])

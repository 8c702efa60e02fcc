"""Summaries worked by hand, and intervals that mean what they say."""

import math

import numpy as np
import pytest

from unweave.evaluation.statistics import Measured, medians, summarise

HAND = [Measured("a", "1", 1.0), Measured("a", "2", 2.0), Measured("a", "3", 9.0), Measured("b", "4", 4.0)]


def test_medians_of_labels_then_their_mean():
    figure = summarise(HAND)
    assert (figure.value, figure.items, figure.left_out) == (3.0, 4, 0)
    assert summarise(HAND, "mean").value == 4.0
    assert medians(HAND) == {"a": 2.0, "b": 4.0}


def test_items_without_a_figure_are_counted_and_left_out():
    figure = summarise([*HAND, Measured("c", "5", math.nan)])
    assert (figure.value, figure.items, figure.left_out) == (3.0, 4, 1)
    nothing = summarise([Measured("c", "5", math.nan)])
    assert math.isnan(nothing.value) and (nothing.items, nothing.left_out) == (0, 1)
    assert math.isnan(medians([Measured("c", "5", math.nan)])["c"])


@pytest.mark.parametrize("how", ["mean", "median"])
def test_the_interval_holds_the_true_centre_about_as_often_as_it_says(how):
    rng = np.random.default_rng(0)
    inside = 0
    for trial in range(200):
        draws = rng.normal(3.0, 2.0, 40)
        figure = summarise([Measured("a", str(i), v) for i, v in enumerate(draws)], how, draws=200, seed=trial)
        inside += figure.low <= 3.0 <= figure.high
    assert 175 <= inside <= 200


@pytest.mark.parametrize("how", ["mean", "median"])
def test_items_of_one_recording_count_as_one_draw(how):
    rng = np.random.default_rng(1)
    values = np.repeat(rng.normal(0, 1, 8), 10)
    alone = summarise([Measured("a", str(i), v) for i, v in enumerate(values)], how)
    grouped = summarise([Measured("a", str(i // 10), v) for i, v in enumerate(values)], how)
    assert grouped.value == pytest.approx(alone.value)
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_the_same_seed_gives_the_same_interval():
    assert summarise(HAND, seed=3) == summarise(HAND, seed=3)


def test_the_interval_holds_the_figure_and_shrinks_with_more_mixtures():
    rng = np.random.default_rng(0)
    few, many = (
        summarise([Measured(label, "", value) for label in "abc" for value in rng.normal(5, 2, count)])
        for count in (10, 1000)
    )
    assert few.low <= few.value <= few.high
    assert many.high - many.low < (few.high - few.low) / 3

import math

import numpy as np
import pytest

from unweave.evaluation.statistics import Measured, medians, summarise

RNG = np.random.default_rng(0)


def measured(**labels: list[float]) -> list[Measured]:
    return [Measured(label, "", value) for label, values in labels.items() for value in values]


def test_median_in_each_class_then_mean_over_classes():
    figure = summarise(measured(a=[1, 2, 300], b=[4, 4, 5, 5]))
    assert figure.value == pytest.approx((2 + 4.5) / 2)
    assert (figure.items, figure.left_out) == (7, 0)
    assert medians(measured(b=[4, 4, 5, 5], a=[1, 2, 300])) == {"a": 2, "b": 4.5}


def test_what_has_no_figure_is_left_out_and_counted():
    figure = summarise(measured(a=[1, math.nan, 3], b=[math.nan, 6]))
    assert figure.value == pytest.approx(4) and (figure.items, figure.left_out) == (3, 2)


def test_the_interval_holds_the_figure_and_shrinks_with_more_mixtures():
    few, many = (summarise(measured(**{name: list(RNG.normal(5, 2, n)) for name in "abc"})) for n in (10, 1000))
    assert few.low <= few.value <= few.high
    assert many.high - many.low < (few.high - few.low) / 3

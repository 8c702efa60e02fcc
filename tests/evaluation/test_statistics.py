from __future__ import annotations

import math

import numpy as np
import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.statistics import Measured, Summary, _centres, _weights, medians, paired, summarise

NAN = math.nan


def measured(figures: dict[str, list[float]], group: str = "") -> list[Measured]:
    return [
        Measured(label, group and f"{group} {label}", value) for label, values in figures.items() for value in values
    ]


HAND = {"A": [1.0, 2.0, 9.0], "B": [4.0, 6.0]}


def test_hand_worked() -> None:
    figure = summarise(measured(HAND))
    assert figure.value == pytest.approx((2 + 5) / 2) and (figure.items, figure.left_out) == (5, 0)
    assert figure.low < figure.value < figure.high
    assert summarise(measured(HAND), "mean").value == pytest.approx(22 / 5)
    assert medians(measured({"B": [NAN], "A": [3.0, 1.0]})) == pytest.approx({"A": 2.0, "B": NAN}, nan_ok=True)


def test_what_has_no_figure_is_counted_and_changes_nothing() -> None:
    figure = summarise(measured({"A": [1.0, 2.0, 9.0, NAN], "B": [4.0, 6.0], "C": [NAN]}))
    assert figure.value == pytest.approx(3.5) and (figure.items, figure.left_out) == (5, 2)
    nothing = summarise(measured({"A": [NAN]}))
    assert math.isnan(nothing.value) and math.isnan(nothing.low) and (nothing.items, nothing.left_out) == (0, 1)
    assert summarise([]).items == 0


def test_items_of_one_recording_are_drawn_together() -> None:
    together = summarise(measured(HAND, group="recording"))
    assert together.low == together.high == together.value
    apart = summarise(measured(HAND))
    assert apart.high - apart.low > 1


@pytest.mark.parametrize("how", ["median", "mean"])
def test_resampling_is_that_of_the_repeated_items(how: Summary) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(9).round(1)
    weights = _weights(np.array([0, 0, 1, 2, 2, 2, 3, 4, 4]), 50, rng)
    found = _centres(values, weights, how)
    centre = np.median if how == "median" else np.mean
    assert found == pytest.approx([centre(np.repeat(values, row)) for row in weights])
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, [0, 2, 3, 6, 7]].sum(1) == 5).all()


def test_interval_covers_what_it_should() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        figure = summarise([Measured("A", "", x) for x in rng.standard_normal(60)], "mean", draws=300)
        hits += figure.low <= 0 <= figure.high
    assert 88 <= hits <= 99


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = summarise(measured(HAND), "mean")
    monkeypatch.setattr("unweave.evaluation.statistics.AT_ONCE", 50)
    assert summarise(measured(HAND), "mean") == whole


def test_a_constant_difference_has_no_width_though_both_vary() -> None:
    first = measured(HAND)
    second = [Measured(one.label, one.group, one.value + 0.5) for one in first]
    figure = paired(first, second)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, 0.5, 0.5)) and figure.items == 5
    back = paired(second, first)
    assert back.value == pytest.approx(-0.5)


@pytest.mark.parametrize("how", ["median", "mean"])
def test_difference_is_that_of_the_summaries_on_common_items(how: Summary) -> None:
    first = measured({"A": [1.0, 2.0, 9.0, NAN], "B": [4.0, 6.0]})
    second = measured({"A": [2.0, 7.0, NAN, 5.0], "B": [3.0, 8.0]})
    figure = paired(first, second, how)
    one, two = measured({"A": [1.0, 2.0], "B": [4.0, 6.0]}), measured({"A": [2.0, 7.0], "B": [3.0, 8.0]})
    assert figure.value == pytest.approx(summarise(two, how).value - summarise(one, how).value)
    assert (figure.items, figure.left_out) == (4, 2) and figure.low < figure.value < figure.high


def test_only_the_same_items_can_be_paired() -> None:
    with pytest.raises(UnweaveError, match="same items"):
        paired(measured(HAND), measured({"A": [1.0, 2.0], "B": [9.0, 4.0, 6.0]}))

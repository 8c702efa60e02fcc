from __future__ import annotations

import math

import numpy as np
import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import scores
from unweave.evaluation.detection.summary import best_threshold, detections
from unweave.evaluation.detection.systems import parse_system, system
from unweave.evaluation.rows import Row


def row(item: int, name: str, *counts: int) -> Row:
    made: Row = {"item": str(item), "label": "scene", "group": "", "part": "", "system": name}
    names = [f"{kind}_{count}" for kind in ("segment", "event") for count in ("tp", "fp", "fn")]
    return made | dict(zip(names, map(float, counts), strict=True))


ROWS = [
    row(0, "level 1 @ 0.2", 6, 2, 0, 1, 0, 1),
    row(0, "level 1 @ 0.5", 4, 0, 2, 1, 1, 1),
    row(0, "level 1 @ own", 6, 2, 0, 1, 0, 1),
    row(1, "level 1 @ 0.2", 0, 4, 2, 0, 3, 0),
    row(1, "level 1 @ 0.5", 2, 0, 0, 0, 0, 0),
    row(1, "level 1 @ own", 0, 4, 2, 0, 3, 0),
]


def test_scores_of_counts_by_hand() -> None:
    f1, precision, recall = scores([3, 0, 0, 0], [1, 2, 0, 0], [2, 0, 4, 0])
    assert precision.tolist()[:2] == [0.75, 0.0] and np.isnan(precision[2:]).all()
    assert recall[0] == 0.6 and math.isnan(recall[1]) and recall[2] == 0 and math.isnan(recall[3])
    assert f1[0] == pytest.approx(2 * 0.75 * 0.6 / 1.35) and f1[1] == f1[2] == 0 and math.isnan(f1[3])


def test_counts_are_summed_before_the_score_is_taken() -> None:
    found = {(one.level, one.threshold): one for one in detections(ROWS)}
    assert list(found) == [(1, 0.2), (1, 0.5), (1, None)]
    assert found[1, 0.2].f1.value == 12 / (12 + 6 + 2) and found[1, 0.2].f1.items == 2
    assert found[1, 0.2].precision.value == 0.5 and found[1, 0.2].recall.value == 0.75
    assert found[1, 0.5].f1.value == 12 / 14
    assert found[1, None].f1 == found[1, 0.2].f1
    assert next(one for one in detections(ROWS, "event") if one.threshold == 0.2).f1.value == 2 / (2 + 3 + 1)


def test_interval_is_over_scenes() -> None:
    [one] = detections([ROWS[0], ROWS[3]], draws=500)
    assert (one.f1.low, one.f1.high) == (0.0, 12 / 14)  # twice the one or twice the other
    [same] = detections([row(item, "level 2 @ 0.2", 3, 1, 2, 0, 0, 0) for item in range(5)])
    assert same.f1.low == same.f1.value == same.f1.high == 6 / 9
    assert detections(ROWS)[0] == detections(ROWS)[0]


def test_nothing_to_find_and_nothing_found_is_no_figure() -> None:
    [one] = detections([row(0, "level 3 @ 0.5", 0, 0, 0, 0, 0, 0)])
    assert math.isnan(one.f1.value) and math.isnan(one.f1.low)
    with pytest.raises(UnweaveError, match="nothing of level 3"):
        best_threshold([row(0, "level 3 @ 0.5", 0, 0, 0, 0, 0, 0)], 3)


def test_best_threshold_is_that_of_the_highest_f1() -> None:
    assert best_threshold(ROWS, 1) == 0.5
    assert best_threshold(ROWS, 1, "event") == 0.5  # 2/5 against 2/6
    even = [row(0, f"level 2 @ {limit}", 3, 1, 1, 0, 0, 0) for limit in (0.3, 0.1, 0.2)]
    assert best_threshold(even, 2) == 0.3
    with pytest.raises(UnweaveError, match="nothing of level 2"):
        best_threshold(ROWS, 2)
    with pytest.raises(UnweaveError, match="nothing of level 1"):
        best_threshold([one for one in ROWS if one["system"] == "level 1 @ own"], 1)


@pytest.mark.parametrize("limit", [0.02, 0.35, 1e-5, 1.0])
def test_names_of_systems_can_be_read_again(limit: float) -> None:
    assert parse_system(system(3, limit)) == (3, limit)
    assert parse_system(system(0, "own")) == (0, None)


def test_rows_of_something_else_are_refused() -> None:
    with pytest.raises(UnweaveError, match="'oracle'"):
        detections([row(0, "oracle", 1, 1, 1, 1, 1, 1)])
    with pytest.raises(UnweaveError, match="no column segment_tp"):
        detections([{"item": "0", "system": "level 1 @ 0.2", "sdr": 3.0}])

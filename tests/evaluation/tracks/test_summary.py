from __future__ import annotations

import math

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.rows import Row
from unweave.evaluation.tracks.summary import track_figures, tracks_by_level

COLUMNS = ("sounds", "tracks", "found", "missed", "invented", "sdri", "worse")


def row(item: str, *values: float, system: str = "level 1") -> Row:
    return {"item": item, "label": "scene", "group": "", "part": "", "system": system} | dict(
        zip(COLUMNS, values, strict=True)
    )


def test_sums_over_scenes_and_the_mean_over_all_that_is_found() -> None:
    rows = [row("a", 4, 5, 3, 1, 2, 4.0, 1), row("b", 2, 1, 1, 1, 0, 8.0, 0)]
    found = tracks_by_level(rows)["level 1"]
    assert found["precision"].value == pytest.approx(4 / 6) and found["recall"].value == pytest.approx(4 / 6)
    assert found["f1"].value == pytest.approx(8 / 12)
    assert found["sdri"].value == pytest.approx((3 * 4 + 8) / 4) and found["worse"].value == pytest.approx(0.25)
    assert (found["tracks"].value, found["sounds"].value) == (3, 3)
    assert found["sdri"].low <= found["sdri"].value <= found["sdri"].high


def test_levels_are_apart_and_nothing_found_has_no_gain() -> None:
    rows = [row("a", 2, 0, 0, 2, 0, math.nan, 0, system=name) for name in ("level 1", "level 2")]
    figures = track_figures(rows)["figures"]["all"]
    assert list(figures) == ["level 1", "level 2"]
    assert figures["level 1"]["recall"]["value"] == 0 and figures["level 1"]["sdri"]["value"] is None


def test_rows_of_something_else_are_said() -> None:
    with pytest.raises(UnweaveError, match="run of scenes"):
        tracks_by_level([{"item": "a", "system": "mixture", "sdr": 1.0}])

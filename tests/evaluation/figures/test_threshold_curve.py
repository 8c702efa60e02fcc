from __future__ import annotations

from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.detection.measurer import DetectionMeasurer
from unweave.evaluation.detection.systems import system
from unweave.evaluation.figures.threshold_curve import draw_threshold_curve
from unweave.evaluation.rows import Row


def rows(*limits: float | str, levels: int = 4) -> list[Row]:
    made: list[Row] = []
    for item in range(3):
        for level in range(levels):
            for place, limit in enumerate(limits):
                row: Row = {"item": str(item), "system": system(level, limit)}
                made.append(row | {name: float(item + place) for name in DetectionMeasurer.columns})
    return made


@pytest.mark.parametrize(
    "drawn", [rows(0.1, 0.5, 0.9, "own"), rows(0.2), rows("own"), rows(0.3, levels=1)], ids=lambda r: str(len(r))
)
def test_curve_is_drawn(tmp_path: Path, drawn: list[Row]) -> None:
    path = tmp_path / "curve.png"
    draw_threshold_curve(path, drawn, "what $costs$ what")
    assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000
    assert list(tmp_path.iterdir()) == [path]


def test_rows_of_something_else_leave_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="not of a level"):
        draw_threshold_curve(tmp_path / "curve.png", [rows(0.1)[0] | {"system": "mixture"}])
    with pytest.raises(UnweaveError, match="no rows"):
        draw_threshold_curve(tmp_path / "curve.png", [])
    assert not list(tmp_path.iterdir())

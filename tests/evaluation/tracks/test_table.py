from __future__ import annotations

from pathlib import Path

from made_up_run import write_run

from unweave.evaluation.tracks.summary import COUNTED
from unweave.evaluation.tracks.table import HEADER, of_tracks, tracks_table

COLUMNS = (*COUNTED, "sdri")


def test_a_line_for_each_level(tmp_path: Path) -> None:
    systems = ("level 1", "level 2")
    run = write_run(
        tmp_path / "run",
        "small",
        "scenes",
        labels={"scene": 3},
        systems=systems,
        asked=systems,
        columns=COLUMNS,
        value=lambda system, label, number, column: {"found": 2.0, "sdri": 6.0, "missed": 2.0}.get(column, 1.0),
    )
    table = tracks_table(run)
    assert of_tracks(run) and [row[0] for row in table.rows] == list(systems)
    assert {len(row) for row in table.rows} == {len(HEADER)}
    assert table.rows[0][1].startswith("0.57 [") and table.rows[0][4].startswith("6.00 [")


def test_other_runs_are_not_of_tracks(tmp_path: Path) -> None:
    assert not of_tracks(write_run(tmp_path / "run", labels={"Dog": 2}))

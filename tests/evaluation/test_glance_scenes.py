"""The lines about scenes: how many answers are worse, by how much, and what is found at which level."""

from __future__ import annotations

from pathlib import Path

from made_up_run import write_run

from unweave.evaluation.benchmarks.never_worse import ABSENT, LEVELS, level_part
from unweave.evaluation.glance import glance_table
from unweave.evaluation.glance_line import Line
from unweave.evaluation.glance_scenes import MUCH_WORSE, WORSE, scene_lines
from unweave.evaluation.runs import Run
from unweave.evaluation.tracks.summary import COUNTED

WHOLE = "a sound from -10 to 20 dB over the others"
PARTS = [*map(level_part, LEVELS), ABSENT]
GAINS = (5.0, 4.0, 3.0, -0.01, -0.5, -1.5, -4.0, float("nan"))  # of the parts


def rows(found: dict[str, Run]) -> dict[tuple[str, str], str]:
    return {(row[0], row[2]): row[3] for row in glance_table("made", found).rows}


def test_the_share_that_is_worse_and_the_worst_of_all(tmp_path: Path) -> None:
    def value(system: str, label: str, number: int, column: str) -> float:
        absent = number % 8 == 7
        if (column == "suppression") != absent:
            return float("nan")
        return 0.0 if system == "mixture" else 30.0 if absent else GAINS[number % 8]

    run = write_run(
        tmp_path / "run",
        "small",
        "never-worse",
        labels={"Dog": 16},
        value=value,
        columns=("sdr", "sdri", "suppression"),
        systems=("mixture", "onehot"),
        asked=("onehot",),
        part=lambda number: PARTS[number % 8],
        summary="mean",
    )
    shown = rows({"never-worse": run})
    assert shown[WHOLE, WORSE].startswith(f"{300 / 7:.2f} [")
    assert shown[WHOLE, MUCH_WORSE].startswith(f"{200 / 7:.2f} [")
    assert shown[WHOLE, "the worst SDRi"] == "-4.00"
    assert shown["a sound 5 dB over the others", WORSE].startswith("0.00")  # -0.01 dB is rounding
    assert shown["a sound 10 dB over the others", WORSE].startswith("100.00")
    assert shown["the same, a class that is not there", "dB below the mixture, mean"].startswith("30.00 [")


def test_levels_of_scenes_stand_apart(tmp_path: Path) -> None:
    systems = ("level 1", "level 2", "level 3", "auto")

    def value(system: str, label: str, number: int, column: str) -> float:
        return {"found": 2.0, "missed": 2.0, "sdri": float(systems.index(system) + 1)}.get(column, 1.0)

    columns = (*COUNTED, "sdri")
    run = write_run(
        tmp_path / "run",
        "small",
        "scenes",
        labels={"s": 2},
        value=value,
        columns=columns,
        systems=systems,
        asked=systems,
    )
    shown = rows({"scenes": run})
    for number, system in enumerate(systems, 1):
        what = f"scenes of 30 to 60 s, {system}"
        assert shown[what, "SDRi of what is found, mean"].startswith(f"{number}.00 [")
        assert shown[what, "recall"].startswith("0.50") and shown[what, WORSE].startswith("50.00")


def test_sets_that_were_not_wanted_have_no_line() -> None:
    assert glance_table("made", {}).rows == ()
    assert all(isinstance(line, Line) for line in scene_lines())

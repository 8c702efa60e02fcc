from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from made_up_run import SYSTEMS, write_run

from unweave.errors import UnweaveError
from unweave.evaluation.rows import ROWS
from unweave.evaluation.runs import Run, find_runs

NAN = math.nan
DOG, RAIN = [1.0, 2.0, 9.0], [4.0, 6.0, 5.0]


def by_hand(system: str, label: str, number: int, column: str) -> float:
    if system == "mixture":
        return 0.0
    return {"Dog": DOG, "Rain": RAIN}[label][number] + (100.0 if column == "sdri" else 0.0)


def test_figures_and_summary_by_hand(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", value=by_hand)
    assert [one.value for one in run.figures("oracle", "sdr")] == DOG + RAIN
    assert [one.label for one in run.figures("oracle", "sdr")] == ["Dog"] * 3 + ["Rain"] * 3
    figure = run.summary("oracle", "sdri")
    assert figure.value == pytest.approx(100 + (2 + 5) / 2) and figure.items == 6
    assert run.summary("oracle", "sdri") is figure
    assert run.summary("mixture", "sdri").value == 0 and run.summary("soft", "sdr").left_out == 6
    assert (run.model, run.benchmark, run.title, run.main) == ("table2-cnn14", "fsdkaggle2018", "fsdkaggle2018", "sdri")


def test_parts(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", value=by_hand, part=lambda number: ["5 dB", "0 dB", "5 dB"][number])
    assert run.parts == ("5 dB", "0 dB")
    assert [one.value for one in run.figures("oracle", "sdr", "5 dB")] == [1.0, 9.0, 4.0, 5.0]
    assert run.summary("oracle", "sdr", "5 dB").value == pytest.approx((5 + 4.5) / 2)
    with pytest.raises(UnweaveError, match="no part '10 dB'; it has 5 dB, 0 dB"):
        run.figures("oracle", "sdr", "10 dB")


def test_what_it_has_not_is_told(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    with pytest.raises(UnweaveError, match="no system 'wiener'"):
        run.figures("wiener", "sdr")
    with pytest.raises(UnweaveError, match="no figure 'pesq'; it has sdr, sdri"):
        run.figures("oracle", "pesq")
    assert not run.has("wiener", "sdr") and not run.has("oracle", "pesq") and not run.has("soft", "sdr")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("oracle", "average", "soft", "onehot"), "average"),
        (("oracle", "soft", "onehot"), "soft"),
        (("onehot", "example"), "onehot"),
        (("example",), "example"),
        (("oracle",), None),
    ],
)
def test_how_a_model_is_asked(tmp_path: Path, asked: tuple[str, ...], found: str | None) -> None:
    assert write_run(tmp_path / "r", asked=asked).asked("sdri") == found


def test_silent_targets_are_those_without_a_figure_of_the_mixture(tmp_path: Path) -> None:
    def value(system: str, label: str, number: int, column: str) -> float:
        silent = label == "Dog" and number == 1
        return NAN if silent or (system == "average" and label == "Rain") else 1.0

    run = write_run(tmp_path / "r", value=value, part=lambda number: f"part {number}")
    assert (run.silent(), run.silent("part 1"), run.silent("part 0")) == (1, 1, 0)
    assert run.summary("average", "sdri").left_out == 4 and run.summary("oracle", "sdri").left_out == 1


def test_a_run_that_goes_on_is_read_up_to_its_last_whole_item(tmp_path: Path) -> None:
    whole = write_run(tmp_path / "r")
    assert not whole.unfinished
    text = (tmp_path / "r" / ROWS).read_text(encoding="utf-8")
    (tmp_path / "r" / ROWS).write_text(text[: -len(text.splitlines()[-1]) - 9], encoding="utf-8")
    run = Run(tmp_path / "r")
    assert run.unfinished and run.data.items == whole.data.items[:-1]
    assert run.figures("oracle", "sdr") == whole.figures("oracle", "sdr")[:-1]
    (tmp_path / "r" / ROWS).write_text("".join(text.splitlines(keepends=True)[:4]), encoding="utf-8")
    with pytest.raises(UnweaveError, match="No item is done"):
        Run(tmp_path / "r").summary("oracle", "sdr")


def test_view_of_some_items(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", value=by_hand)
    before = run.summary("oracle", "sdr").value
    view = run.only(["Rain-2", "Dog-0"])
    assert [one.value for one in view.figures("oracle", "sdr")] == [5.0, 1.0]
    assert view.summary("oracle", "sdr").value == 3.0 and not view.unfinished
    assert run.summary("oracle", "sdr").value == before and len(run.data.items) == 6


def test_counted_in_what_the_paper_counts(tmp_path: Path) -> None:
    def song(label: str, number: int) -> str:
        return f"song {number}"

    songs = write_run(tmp_path / "a", benchmark="musdb18", group=song, unit="songs", expected=50)
    plugins = write_run(tmp_path / "b", benchmark="slakh2100", unit="plug-ins", expected=151)
    pairs = write_run(tmp_path / "c", expected=4100)
    assert [run.count for run in (songs, plugins, pairs)] == [
        (3, "songs", 50),
        (2, "plug-ins", 151),
        (6, "items", 4100),
    ]


@pytest.mark.parametrize(
    ("about", "title", "stands_for"),
    [
        ({}, "esc50", "esc50"),
        ({"lowpass": 8000.0}, "esc50 (below 8 kHz)", "esc50 (below 8 kHz)"),
        ({"benchmark": "musdb18", "options": {"published": False, "seed": 3}}, "musdb18", "musdb18"),
        ({"benchmark": "musdb18", "options": {"published": True}}, "musdb18 (published)", "musdb18"),
        ({"benchmark": "published", "options": {"of": "audioset"}}, "published audioset", "audioset"),
    ],
)
def test_titles(tmp_path: Path, about: dict[str, Any], title: str, stands_for: str) -> None:
    run = write_run(tmp_path / "r", **{"benchmark": "esc50", **about})
    assert (run.title, run.stands_for) == (title, stands_for)


def test_runs_are_found_below_a_folder_each_once(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "a" / "esc50", "a")
    write_run(tmp_path / "runs" / "b", "b")
    write_run(tmp_path / "runs" / ".unweave-1-half", "c")
    found = find_runs([tmp_path / "runs", tmp_path / "runs" / "b"])
    assert [run.model for run in found] == ["a", "b"]
    with pytest.raises(UnweaveError, match="does not exist"):
        find_runs([tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnweaveError, match="holds no run"):
        find_runs([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"schema": 2}, "another version"),
        ({"summary": "mode"}, "summarised by 'mode'"),
        ({"model": {}}, "does not say its model"),
        ({"columns": []}, "columns"),
    ],
)
def test_run_json_that_says_something_else(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    about = write_run(tmp_path / "r").folder / "run.json"
    about.write_text(json.dumps({**json.loads(about.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(UnweaveError, match=fault):
        Run(tmp_path / "r")


def test_run_json_that_is_none(tmp_path: Path) -> None:
    about = write_run(tmp_path / "r").folder / "run.json"
    values = json.loads(about.read_text(encoding="utf-8"))
    del values["systems"]
    for text, fault in (("{", "cannot be read"), ("[]", "schema"), (json.dumps(values), "systems")):
        about.write_text(text, encoding="utf-8")
        with pytest.raises(UnweaveError, match=fault):
            Run(tmp_path / "r")
    about.unlink()
    with pytest.raises(UnweaveError, match="holds no run"):
        Run(tmp_path / "r")


def test_rows_of_another_run(tmp_path: Path) -> None:
    write_run(tmp_path / "r")
    rows = tmp_path / "r" / ROWS
    text = rows.read_text(encoding="utf-8")
    last = text.splitlines()[-1] + "\n"
    for changed, fault in (
        (text.replace("sdri", "pesq"), "other columns"),
        (text + last, "twice"),
        (text + last.replace(SYSTEMS[-1], "wiener"), "'wiener' though"),
    ):
        rows.write_text(changed, encoding="utf-8")
        with pytest.raises(UnweaveError, match=fault):
            _ = Run(tmp_path / "r").data

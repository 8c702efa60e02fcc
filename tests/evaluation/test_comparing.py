from __future__ import annotations

from pathlib import Path

import pytest
from made_up_run import likely, write_run

from unweave.errors import UnweaveError
from unweave.evaluation.comparing import comparison, comparisons, difference, same_items
from unweave.evaluation.runs import REFERENCES

LABELS = {"Dog": 12, "Rain": 12}


def better(by: float):  # type: ignore[no-untyped-def]
    def value(system: str, label: str, number: int, column: str) -> float:
        return likely(system, label, number, column) + (0.0 if system in REFERENCES else by)

    return value


def test_models_on_the_same_items(tmp_path: Path) -> None:
    first = write_run(tmp_path / "1", "one", "esc50", LABELS)
    second = write_run(tmp_path / "2", "two", "esc50", LABELS, better(0.75))
    table = comparison([first, second])
    assert table.title == "Models on esc50"
    assert table.header == ("model", "asked by", "oracle SDRi", "SDR", "SDRi", "SDRi over the first")
    assert [row[0] for row in table.rows] == [*REFERENCES, "one", "two"]
    assert [row[1] for row in table.rows] == ["-", "-", "-", "average", "average"]
    assert table.rows[0][3:] != table.rows[1][3:] and table.rows[0][4] == "0.00 [0.00, 0.00]"
    assert table.rows[3][-1] == "-" and table.rows[4][-1] == "+0.75 [0.75, 0.75]"
    figure = second.summary("average", "sdri")
    assert table.rows[4][4] == f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"
    assert len(table.notes) == 1 and "24 items" in table.notes[0]


def test_the_pair_is_surer_than_the_two(tmp_path: Path) -> None:
    first = write_run(tmp_path / "1", "one", "esc50", LABELS)
    second = write_run(tmp_path / "2", "two", "esc50", LABELS, better(-0.75))
    found = difference(first, second, "sdri")
    assert found is not None and found.value == pytest.approx(-0.75)
    one = first.summary("average", "sdri")
    assert found.high - found.low < 0.1 * (one.high - one.low)


def test_only_common_items_count_and_that_is_said(tmp_path: Path) -> None:
    first = write_run(tmp_path / "1", "one", "esc50", LABELS, skip=["Dog-0"])
    second = write_run(tmp_path / "2", "two", "esc50", LABELS, skip=["Rain-3", "Rain-4"])
    views, notes = same_items([first, second])
    assert views[0].data.items == views[1].data.items and len(views[0].data.items) == 21
    assert notes == ["one has 23 items, of which 21 are used.", "two has 22 items, of which 21 are used."]
    table = comparison([first, second])
    assert "21 items" in table.notes[0] and list(table.notes[1:]) == notes
    whole = write_run(tmp_path / "3", "three", "esc50", LABELS)
    expected = whole.only(views[0].data.items).summary("average", "sdri")
    assert table.rows[3][4].startswith(f"{expected.value:.2f} [")


def test_nothing_in_common_is_refused(tmp_path: Path) -> None:
    first = write_run(tmp_path / "1", "one", "esc50", {"Dog": 3})
    second = write_run(tmp_path / "2", "two", "esc50", {"Rain": 3})
    with pytest.raises(UnweaveError, match="share no item of esc50"):
        comparison([first, second])


def test_other_sounds_of_the_same_name_are_refused(tmp_path: Path) -> None:
    def louder(system: str, label: str, number: int, column: str) -> float:
        return likely(system, label, number, column) + (0.5 if (system, number, column) == ("mixture", 2, "sdr") else 0)

    first = write_run(tmp_path / "1", "one", "esc50", LABELS)
    for name, change in (("2", {"value": louder}), ("3", {"group": lambda label, number: "one recording"})):
        second = write_run(tmp_path / name, "two", "esc50", LABELS, **change)  # type: ignore[arg-type]
        with pytest.raises(UnweaveError, match="different sounds"):
            comparison([first, second])


def test_each_is_asked_as_it_can_be(tmp_path: Path) -> None:
    first = write_run(tmp_path / "1", "one", "esc50", LABELS, asked=("oracle", "average"))
    second = write_run(tmp_path / "2", "two", "esc50", LABELS, asked=("onehot",))
    deaf = write_run(tmp_path / "3", "three", "esc50", LABELS, asked=())
    rows = {row[0]: row for row in comparison([first, second, deaf]).rows}
    assert rows["one"][1] == "average" and rows["two"][1] == "onehot" and rows["two"][2] == "-"
    assert rows["two"][-1] != "-" and rows["three"][1:] == ("-",) * 5


def test_a_table_for_each_benchmark_with_several_models(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "1", "one", "esc50"),
        write_run(tmp_path / "2", "two", "esc50"),
        write_run(tmp_path / "3", "two", "fsd50k"),
        write_run(tmp_path / "4", "one", "esc50", lowpass=8000),
        write_run(tmp_path / "5", "two", "esc50", lowpass=8000),
        write_run(tmp_path / "6", "two", "esc50", options={"seed": 1}),
    ]
    assert [table.title for table in comparisons(runs)] == ["Models on esc50", "Models on esc50 (below 8 kHz)"]


def test_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, "small", "esc50") for name in ("before", "after")]
    assert [row[0] for row in comparison(runs).rows[3:]] == ["small (before)", "small (after)"]

from __future__ import annotations

import math
from pathlib import Path

import pytest
from made_up_run import write_run

from unweave.errors import UnweaveError
from unweave.evaluation.paper import COLUMNS, paper_rows
from unweave.evaluation.runs import Run
from unweave.evaluation.table import Table
from unweave.evaluation.tables import other_models, paper_tables, run_table

NAN = math.nan
DOG, RAIN = [1.0, 2.0, 9.0], [4.0, 6.0, 5.0]
MEDIANS = (2.0 + 5.0) / 2


def by_hand(system: str, label: str, number: int, column: str) -> float:
    """Medians are 3.5 above: 0 for SDR, 10 for SDRi, 20 for all else; 100 more with the oracle."""
    if system == "mixture":
        return 0.0
    above = {"sdr": 0.0, "sdri": 10.0}.get(column, 20.0) + (100.0 if system == "oracle" else 0.0)
    return {"Dog": DOG, "Rain": RAIN}[label][number % 3] + above


def cells(table: Table, name: str, of: str) -> dict[str, str]:
    (row,) = [row for row in table.rows if row[:2] == (name, of)]
    return dict(zip(table.header, row, strict=True))


def first(cell: str) -> str:
    return cell.split(" ")[0]


def test_ours_stand_below_the_papers(tmp_path: Path) -> None:
    run = write_run(tmp_path / "k", value=by_hand)
    oracle = write_run(tmp_path / "a", benchmark="audioset", value=by_hand)
    voice = write_run(
        tmp_path / "v", benchmark="voicebank-demand", value=by_hand, columns=("sdr", "sdri", "pesq", "ssnr")
    )
    song = write_run(tmp_path / "m", benchmark="musdb18", value=by_hand, columns=("museval_sdr", "museval_sdri", "sdr"))
    table = paper_tables([run, oracle, voice, song], [2])[0]
    assert [row[:2] for row in table.rows] == [
        ("wav2vec", "paper"), ("speaker", "paper"), ("CNN6", "paper"), ("CNN10", "paper"), ("CNN14", "paper"),
        ("CNN14", "ours"), ("HTS-AT", "paper"),
    ]  # fmt: skip
    assert list(cells(table, "CNN14", "paper").values())[2:] == [
        "8.26", "5.57", "10.61", "10.57", "5.54", "5.79", "3.08", "8.12", "4.02", "9.22",
        "-0.46", "7.28", "2.18", "9.00",
    ]  # fmt: skip
    assert list(map(first, cells(table, "CNN14", "ours").values()))[2:] == [
        "113.50", "13.50", "3.50", "13.50", "-", "-", "23.50", "23.50", "-", "-", "3.50", "13.50", "23.50", "23.50",
    ]  # fmt: skip
    figure = run.summary("average", "sdr")
    assert cells(table, "CNN14", "ours")["FSDKaggle2018 SDR"] == f"3.50 [{figure.low:.2f}, {figure.high:.2f}]"
    assert run.summary("average", "sdri").value == pytest.approx(MEDIANS + 10)


def test_every_printed_figure_of_every_table_is_in_its_cell() -> None:
    tables = paper_tables([], list(range(2, 11)))
    assert [table.title.split(":")[0] for table in tables] == [f"Table {number}" for number in range(2, 11)]
    for table in tables:
        for name, of, *figures in table.rows:
            number = int(table.title.split(":")[0].split()[1])
            (row,) = [row for row in paper_rows() if row.table == number and row.name == name]
            assert of == "paper" and figures == ["-" if math.isnan(x) else f"{x:.2f}" for x in row.values]
            assert list(table.header[2:]) == [column.title for column in COLUMNS]


def test_the_default_stands_in_every_table_but_its_own_recipe_goes_before(tmp_path: Path) -> None:
    run = write_run(tmp_path / "k", value=by_hand)
    tables = paper_tables([run])
    ours = [row[0] for table in tables for row in table.rows if row[1] == "ours"]
    assert ours == [row.name for row in paper_rows() if row.default]
    mining = write_run(tmp_path / "m", "table7-detector", value=lambda *x: by_hand(*x) + 1)
    table = paper_tables([run, mining], [7])[0]
    assert first(cells(table, "mining", "ours")["FSDKaggle2018 SDR"]) == "4.50"
    other = write_run(tmp_path / "o", "table7-out-clip-random", value=by_hand)
    assert [table.title[:8] for table in paper_tables([other])] == ["Table 7:"]


@pytest.mark.parametrize(("way", "mark"), [("soft", "†"), ("onehot", "‡"), ("example", "§")])
def test_without_an_average_embedding_a_footnote_says_how_it_was_asked(tmp_path: Path, way: str, mark: str) -> None:
    run = write_run(tmp_path / "k", "table3-segment-prediction", value=by_hand, asked=("oracle", way))
    (table,) = paper_tables([run])
    cell = cells(table, "Segment prediction (dim 527)", "ours")["FSDKaggle2018 SDRi"]
    assert cell.startswith("13.50 [") and cell.endswith(mark)
    assert [note for note in table.notes if note.startswith(mark)]
    average = write_run(tmp_path / "l", "table3-segment-prediction", value=by_hand, asked=("oracle", "average", way))
    (table,) = paper_tables([average])
    assert not any(mark in cell for row in table.rows for cell in row) and not any(mark in n for n in table.notes)


def test_a_model_without_oracle_has_none_in_its_place(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", benchmark="audioset", value=by_hand, asked=("onehot",))
    row = cells(paper_tables([run], [2])[0], "CNN14", "ours")
    assert row["AudioSet oracle SDRi"] == "-" and row["AudioSet average SDRi"].endswith("‡")


def test_what_differs_from_the_paper_is_said(tmp_path: Path) -> None:
    fewer = write_run(tmp_path / "k", value=by_hand, labels={"Dog": 10, "Rain": 9}, expected=20)
    notes = paper_tables([fewer], [2])[0].notes
    assert "fsdkaggle2018: 19 items; the paper has 20." in notes
    other = write_run(tmp_path / "f", benchmark="fsd50k", model="table2-cnn14", value=by_hand)
    other.about["model"]["fingerprint"] = "another"
    notes = paper_tables([fewer, other], [2])[0].notes
    assert "The runs of table2-cnn14 are of different weights." in notes
    assert any("Of 4 s" in note for note in paper_tables([], [6])[0].notes)


def test_of_several_runs_the_whole_and_the_latest_is_shown_and_said(tmp_path: Path) -> None:
    old = write_run(tmp_path / "old", value=by_hand, expected=6, date="2026-01-01")
    new = write_run(tmp_path / "new", value=lambda *x: by_hand(*x) + 1, expected=6, date="2026-01-02")
    part = write_run(
        tmp_path / "part",
        value=lambda *x: by_hand(*x) + 2,
        labels={"Dog": 10, "Rain": 9},
        expected=20,
        date="2026-01-03",
    )
    low = write_run(tmp_path / "low", value=lambda *x: by_hand(*x) + 3, expected=6, date="2026-01-04", lowpass=8000)
    table = paper_tables([new, old, part, low], [2])[0]
    assert first(cells(table, "CNN14", "ours")["FSDKaggle2018 SDR"]) == "4.50"
    assert [note for note in table.notes if "3 runs" in note and "shown is new" in note]


def test_only_what_is_the_papers_stands_beside_it(tmp_path: Path) -> None:
    """A model that kept the name of the row that it was tried with is no row, and it is said what it is."""
    name = "table8-3-sources"
    steps = ["separator.learn.0.loop.steps is 4, not 600000", "separator.part.name is resunet30, not resunet30-paper"]
    trial = write_run(tmp_path / "t", name, value=by_hand, differs=steps)
    silent = write_run(tmp_path / "s", "table8-4-sources", value=by_hand, differs=None)
    tables = paper_tables([trial, silent], [8])
    assert not any(row[1] == "ours" for row in tables[0].rows) and paper_tables([trial, silent]) == []
    others = other_models([trial, silent])
    assert others is not None and [row[0] for row in others.rows] == ["paper, CNN14", name, "table8-4-sources"]
    assert f"{name} is not the paper's row of that name: {'; '.join(steps)}." in others.notes
    assert "table8-4-sources is not the paper's row of that name: it does not say how it was trained." in others.notes
    whole = write_run(tmp_path / "w", name, value=by_hand)
    assert [row[0] for row in paper_tables([whole], [8])[0].rows if row[1] == "ours"] == ["3 sources to 1-2"]
    assert other_models([whole]) is None


@pytest.mark.parametrize(
    ("benchmark", "about", "said"),
    [
        ("fsdkaggle2018", {"expected": 4100}, "6 items, not 4100"),
        ("fsdkaggle2018", {"count": 4100, "expected": None}, "unfinished"),
        ("fsdkaggle2018", {"options": {"each": 2}}, "each is 2, not 100"),
        ("musdb18", {"options": {"stereo": True}}, "stereo is True, not False"),
        ("audioset", {"options": {"detector": "small"}}, "detector is small, not panns-cnn14-decisionlevelmax"),
        ("voicebank-demand", {"options": {"average": 7}}, "average is 7, not all"),
    ],
)
def test_items_that_are_not_the_papers_stand_apart(tmp_path: Path, benchmark: str, about: dict, said: str) -> None:
    run = write_run(tmp_path / "r", benchmark=benchmark, value=by_hand, **about)
    assert paper_tables([run]) == []
    others = other_models([run])
    assert others is not None and [row[0] for row in others.rows][-1] == "table2-cnn14"
    assert f"table2-cnn14 on {run.title} is not measured as in the paper: {said}." in others.notes


def test_many_differences_are_not_all_said(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", value=by_hand, differs=[f"key{i} is 1, not 2" for i in range(30)])
    others = other_models([run])
    assert others is not None and others.notes[0].endswith("key5 is 1, not 2, and 24 more.")


def test_published_mixtures_stand_for_their_benchmark(tmp_path: Path) -> None:
    run = write_run(tmp_path / "p", benchmark="published", options={"of": "audioset"}, value=by_hand)
    assert first(cells(paper_tables([run], [2])[0], "CNN14", "ours")["AudioSet average SDRi"]) == "13.50"


def test_no_such_table() -> None:
    for wrong in (1, 11):
        with pytest.raises(UnweaveError, match=f"no Table {wrong}"):
            paper_tables([], [wrong])


def test_other_models_have_all_their_benchmarks(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path / "1", "small", value=by_hand),
        write_run(tmp_path / "2", "small", "esc50", value=by_hand, asked=("soft",)),
        write_run(tmp_path / "3", "small", "esc50", value=by_hand, lowpass=8000.0),
        write_run(tmp_path / "4", "mine", "esc50", value=by_hand, asked=("oracle", "average")),
        write_run(tmp_path / "5", "table2-cnn14", "esc50", value=by_hand),
    ]
    table = other_models(runs)
    assert table is not None and table.title == "Other models"
    assert table.header == (
        "model", "FSDKaggle2018 SDR", "FSDKaggle2018 SDRi", "esc50 SDR", "esc50 SDRi", "esc50 oracle SDRi",
        "esc50 (below 8 kHz) oracle SDRi", "esc50 (below 8 kHz) SDR", "esc50 (below 8 kHz) SDRi",
    )  # fmt: skip
    assert [tuple(map(first, row)) for row in table.rows] == [
        ("paper,", "10.61", "10.57", "-", "-", "-", "-", "-", "-"),
        ("small", "3.50", "13.50", "3.50", "13.50", "-", "113.50", "3.50", "13.50"),
        ("mine", "-", "-", "3.50", "13.50", "113.50", "-", "-", "-"),
    ]
    assert table.rows[1][3].endswith("†") and not table.rows[2][3].endswith("†")
    assert other_models(runs[-1:]) is None


def test_different_options_are_different_items(tmp_path: Path) -> None:
    one = write_run(tmp_path / "1", "one", "esc50", options={"seed": 0})
    two = write_run(tmp_path / "2", "two", "esc50", options={"seed": 1})
    table = other_models([one, two])
    assert table is not None and any("different options" in note for note in table.notes)


def test_a_run_by_itself(tmp_path: Path) -> None:
    def value(system: str, label: str, number: int, column: str) -> float:
        if (label, number) == ("Dog", 1) or (system == "average" and label == "Rain"):
            return NAN
        return by_hand(system, label, number, column)

    run = write_run(tmp_path / "r", "small", "esc50", value=value, part=lambda n: "unseen" if n == 2 else "")
    table = run_table(run)
    assert table.title == "small on esc50" and table.words == 2
    assert table.header == ("system", "part", "SDR", "SDRi", "items", "silent", "left out")
    rows = {row[:2]: row[2:] for row in table.rows}
    assert len(rows) == len(run.systems) * 2
    assert rows["mixture", "all"] == ("0.00 [0.00, 0.00]", "0.00 [0.00, 0.00]", "5", "1", "0")
    assert rows["average", "all"][2:] == ("2", "1", "3") and first(rows["average", "all"][0]) == "5.00"
    assert rows["average", "unseen"][2:] == ("1", "0", "1") and first(rows["average", "unseen"][0]) == "9.00"
    assert rows["soft", "all"] == ("-", "-", "0", "1", "5")
    notes = " ".join(table.notes)
    for fact in ("Median of each class", "weights", "commit", "data 0123abcd", "2 cores", "0.015 s for each second"):
        assert fact in notes or fact == "commit" and "abc1234" in notes
    plain = run_table(write_run(tmp_path / "p", "small", "esc50", value=by_hand, summary="mean"))
    assert (
        plain.header == ("system", "SDR", "SDRi", "items", "silent", "left out") and "Mean over all" in plain.notes[0]
    )
    assert first(plain.rows[3][1]) == f"{sum(DOG + RAIN) / 6 + 100:.2f}"


def test_runs_of_detection_are_in_no_table_of_separation(tmp_path: Path) -> None:
    systems = ("level 1",)
    run = write_run(tmp_path / "d", "table2-cnn14", "detection", columns=("event_f1",), systems=systems, asked=systems)
    small = write_run(tmp_path / "e", "small", "detection", columns=("event_f1",), systems=systems, asked=systems)
    assert paper_tables([run]) == [] and other_models([small]) is None
    assert run_table(run).rows[0][0] == "level 1"


def test_figures_are_summarised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: Run = write_run(tmp_path / "r", value=by_hand)
    paper_tables([run])
    run_table(run)
    monkeypatch.setattr("unweave.evaluation.runs.summarise", None)
    paper_tables([run])
    run_table(run)

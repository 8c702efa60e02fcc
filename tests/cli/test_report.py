from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
import soundfile
from made_up_run import likely, noise, write_run
from tiny import RATE, tiny_model, tones

from unweave.cli.main import run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A run of the paper's default, and two other models on the same items."""
    write_run(tmp_path / "runs" / "cnn14", "table2-cnn14")
    write_run(tmp_path / "runs" / "small", "small", "esc50", asked=("oracle", "soft"))
    write_run(tmp_path / "runs" / "mine", "mine", "esc50", value=lambda s, *x: likely(s, *x) + (s == "average"))
    return tmp_path / "runs"


def titles(markdown: str) -> list[str]:
    return re.findall(r"^### (.*)$", markdown, re.M)


def test_all_tables_of_a_folder_of_runs(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(runs)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = titles(out)
    assert [title.split(":")[0] for title in found[:9]] == [f"Table {number}" for number in range(2, 11)]
    assert found[9:] == [
        "Other models", "Models on esc50", "table2-cnn14 on fsdkaggle2018", "mine on esc50", "small on esc50",
    ]  # fmt: skip
    assert "| CNN14 | ours | - | - | " in out


def test_tables_by_number_and_format(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(runs / "cnn14"), "--table", "2", "--table", "10", "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [row[0] for row in rows if len(row) == 1 and row[0].startswith("Table")] == [
        "Table 2: conditional embedding types", "Table 10: balanced and full subsets of AudioSet",
    ]  # fmt: skip
    assert [row[:4] for row in rows if row[:2] == ["Balanced set", "paper"]] == [
        ["Balanced set", "paper", "8.26", "5.57"]
    ]
    assert run(["report", str(runs / "cnn14"), "--table", "2", "--format", "latex"]) == 0
    assert r"\toprule" in capsys.readouterr().out


def test_the_papers_own_tables_need_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--table", "7"]) == 0
    out = capsys.readouterr().out
    assert titles(out) == ["Table 7: anchor segment mining strategies"] and "| out-clip random | paper | 8.19 |" in out


def test_figures_are_drawn_from_rows(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "figures"
    words = ["report", str(runs), "--figures", str(folder), "--compare", str(runs / "small"), str(runs / "mine")]
    assert run(words) == 0
    out, err = capsys.readouterr()
    names = sorted(file.name for file in folder.iterdir())
    assert names == [
        "figure-7-esc50-mine.png", "figure-7-esc50-small-and-mine.png", "figure-7-esc50-small.png",
        "figure-7-fsdkaggle2018-table2-cnn14.png",
        "scatter-esc50-small-against-mine.png",
    ]  # fmt: skip
    assert err.count("drew") == 5 and "drew" not in out
    assert titles(out).count("Models on esc50") == 2


def test_compare_alone(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", "--compare", str(runs / "mine"), str(runs / "small"), "--figures", str(tmp_path / "f")]
    assert run([*words, "--picture", "svg"]) == 0
    assert titles(capsys.readouterr().out) == ["Models on esc50"]
    assert sorted(file.name for file in (tmp_path / "f").iterdir()) == [
        "figure-7-esc50-mine-and-small.svg", "scatter-esc50-mine-against-small.svg",
    ]  # fmt: skip


def test_figures_of_a_clip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tiny_model().save(tmp_path / "tiny"))
    soundfile.write(tmp_path / "x.wav", tones(2, spans={0: (0, 2), 1: (1, 2)}).T, RATE)
    words = ["report", "--clip", str(tmp_path / "x.wav"), "--class", "Dog", "--model", model]
    assert run([*words, "--figures", str(tmp_path / "f"), "--picture", "pdf"]) == 0
    out, err = capsys.readouterr()
    assert sorted(file.name for file in (tmp_path / "f").iterdir()) == ["figure-2.pdf", "figure-4.pdf", "figure-6.pdf"]
    assert out == "" and err.count("drew") == 3
    assert run([*words[:4], "Unicorn", *words[5:], "--figures", str(tmp_path / "g")]) == 2
    assert not (tmp_path / "g").exists()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "folder of a run"),
        (["{runs}/none"], "does not exist"),
        (["{runs}/empty"], "holds no run"),
        (["{runs}/cnn14", "--format", "html"], "'html'"),
        (["{runs}/cnn14", "--table", "1"], "no Table 1"),
        (["{runs}/cnn14", "--table", "two"], "--table"),
        (["{runs}/cnn14", "--picture", "gif"], "'gif'"),
        (["--compare", "{runs}/cnn14", "{runs}/small"], "one benchmark"),
        (["--compare", "{runs}/cnn14"], "2 arguments"),
        (["--clip", "x.wav", "--figures", "f"], "--class"),
        (["--clip", "x.wav", "--class", "Dog"], "--figures"),
        (["--clip", "no.wav", "--class", "Dog", "--figures", "f"], "no.wav"),
        (["{runs}/cnn14", "--class", "Dog"], "--clip"),
    ],
)
def test_wrong_use(
    runs: Path, words: list[str], fault: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (runs / "empty").mkdir()
    monkeypatch.chdir(runs)
    assert run(["report", *(word.replace("{runs}", str(runs)) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and fault in err
    assert not (runs / "f").exists()


def test_two_runs_of_other_sounds_are_refused(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs / "other", "other", "esc50", value=lambda s, *x: likely(s, *x) + noise(*x))
    assert run(["report", "--compare", str(runs / "mine"), str(runs / "other")]) == 2
    assert "different sounds" in capsys.readouterr().err

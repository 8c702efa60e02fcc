from __future__ import annotations

import re

import pytest

from unweave.cli.console import print_table, progress_bar, seconds


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0"), (3.24, "3.2"), (59.96, "1:00.0"), (63.2, "1:03.2"), (3603.2, "1:00:03.2")]
)
def test_times(value: float, text: str) -> None:
    assert seconds(value) == text


def test_table_for_programs_is_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "b"), [("1", "[x]"), ("2", "ü")])
    assert capsys.readouterr().out == "1\t[x]\n2\tü\n"


def test_figures_for_programs_have_the_names_of_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("system", "sdr"), [("oracle", "8.26")], "a title", named=True)
    assert capsys.readouterr().out == "system\tsdr\noracle\t8.26\n"


def test_table_for_people_has_a_head_and_no_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table(("name", "b"), [("[red]x", "2")])
    out = capsys.readouterr().out
    assert "name" in out and "[red]x" in out and "\t" not in out


def test_progress_only_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with progress_bar("x.wav", quiet=False) as show:
        assert show is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress_bar("x.wav", quiet=True) as show:
        assert show is None
    with progress_bar("x.wav", quiet=False) as show:
        assert show is not None
        show(1.0, 2.0, "listening")
        show(2.0, 2.0, "separating")
    assert capsys.readouterr().out == ""


def test_names_and_figures_stay_whole_on_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    sentence = "The paper's ResUNet30 told by the tagger's probabilities, trained on the full AudioSet for 1 M steps"
    rows = [("panns-cnn14-decisionlevelmax", "by download", "1121.0 MB", sentence), ("small", "here", "1 MB", "x")]
    print_table(("name", "where", "size", "what"), rows)
    out = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
    assert max(map(len, out.splitlines())) <= 80
    assert all(cell in out for row in rows for cell in row[:3])
    assert [word for word in sentence.split() if word not in out.split()] == []  # broken at blanks alone
    print_table(["figure"] * 12, [["-123.4567"] * 12])  # wider than any terminal: whole all the same
    assert capsys.readouterr().out.count("-123.4567") == 12

from __future__ import annotations

import csv
import io
import math
import re

import pytest

from unweave.evaluation.statistics import Figure
from unweave.evaluation.table import FORMATS, Table, cell, heading, number

HARD = ("a|b*c*", "_x_ 50% & #1 {\\}$", "[1.00, 2.00]", "-0.46 [-0.60, -0.32]†", "±20 dB ~^ table2-cnn14 `<b>`")
TABLE = Table(
    "Table 9: a & b", ("system", "of", "SDR, dB", "SDRi", "PESQ_wb"), (HARD, ("x", "-", "犬", "", "1")), ("n_1.",), 2
)


def from_markdown(text: str) -> list[list[str]]:
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[re.sub(r"\\(.)", r"\1", cell.strip()) for cell in line] for line in (lines[0], *lines[2:])]


def from_latex(text: str) -> list[list[str]]:
    names = {
        r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"$\pm$": "±", "$-$": "-",
        r"\dag{}": "†", r"\ddag{}": "‡",
    }  # fmt: skip
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line.removesuffix(r" \\").removeprefix("{}") for line in body.splitlines() if line.endswith(r" \\")]
    pattern = re.compile("|".join(map(re.escape, names)) + r"|\\[&%$#_{}]")
    cells = [re.split(r" (?<!\\)& ", line) for line in lines]
    return [[pattern.sub(lambda m: names.get(m[0], m[0][1:]), cell) for cell in line] for line in cells]


def from_csv(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text))][1:-1]


def test_all_three_hold_the_same_cells() -> None:
    cells = [list(TABLE.header), *map(list, TABLE.rows)]
    assert from_csv(FORMATS["csv"]([TABLE])) == cells
    assert from_markdown(FORMATS["markdown"]([TABLE])) == cells
    assert from_latex(FORMATS["latex"]([TABLE])) == cells


@pytest.mark.parametrize("name", FORMATS)
def test_title_and_notes_are_there_and_tables_apart(name: str) -> None:
    one = FORMATS[name]([TABLE])
    assert "Table 9: a" in one and "1." in one and one.endswith("\n")
    two = FORMATS[name]([TABLE, TABLE])
    assert two == one + "\n" + one
    assert FORMATS[name]([]) == ""


def test_latex_is_whole() -> None:
    text = FORMATS["latex"]([TABLE])
    assert text.count(r"\begin{") == text.count(r"\end{") == 2 and r"\begin{tabular}{llrrr}" in text
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    bracket = FORMATS["latex"]([Table("t", ("[a]",), (("[x]",), ("*",)))])
    assert not re.search(r"\\\\\s*[\[*]", bracket)  # would be the argument of the line before


def test_numbers() -> None:
    assert [number(x) for x in (8.256, -0.001, math.nan, -3.0)] == ["8.26", "0.00", "-", "-3.00"]
    assert cell(Figure(5.574, 5.4, 5.706, 10, 0)) == "5.57 [5.40, 5.71]"
    assert cell(Figure(math.nan, math.nan, math.nan, 0, 3)) == "-"
    assert [heading(x) for x in ("sdri", "si_sdr", "pesq", "museval_sdr", "event_f1")] == [
        "SDRi", "SI-SDR", "PESQ", "museval SDR", "event f1",
    ]  # fmt: skip

"""A table of text, and how it is written: Markdown, LaTeX (booktabs), csv. All three hold the same cells."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unweave.evaluation.statistics import Figure

NOTHING = "-"
NAMES = {
    "sdr": "SDR",
    "sdri": "SDRi",
    "si_sdr": "SI-SDR",
    "si_sdri": "SI-SDRi",
    "museval_sdr": "museval SDR",
    "museval_sdri": "museval SDRi",
    "f1": "F1",
}
SHORT = ("pesq", "ssnr", "stoi", "csig", "cbak", "covl", "sdr", "isr", "sir", "sar")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


@dataclass(frozen=True)
class Table:
    """What is printed.

    Attributes:
        title: above it.
        header: of its columns.
        rows: of cells, as many as the header has.
        notes: sentences below it.
        words: how many columns from the left hold words; the others hold figures.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: int = 1


def number(value: float, digits: int = 2) -> str:
    """A figure alone; a dash where there is none."""
    return NOTHING if math.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"


def cell(figure: Figure, digits: int = 2) -> str:
    """A figure with its 95 % interval, if it has one."""
    if math.isnan(figure.value):
        return NOTHING
    if math.isnan(figure.low):
        return number(figure.value, digits)
    value, low, high = (number(one, digits) for one in (figure.value, figure.low, figure.high))
    return f"{value} [{low}, {high}]"


def heading(column: str) -> str:
    """A column of the rows as people call it."""
    return NAMES.get(column) or (column.upper() if column in SHORT else column.replace("_", " "))


def markdown(tables: Sequence[Table]) -> str:
    """For GitHub and the docs."""
    return "\n".join(_markdown(table) for table in tables)


def latex(tables: Sequence[Table]) -> str:
    """For papers; needs the packages booktabs and graphicx."""
    return "\n".join(_latex(table) for table in tables)


def comma_separated(tables: Sequence[Table]) -> str:
    """The title of a table on a line, its header, its rows, a note on a line each; an empty line between tables."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for place, table in enumerate(tables):
        out.write("\n" if place else "")
        writer.writerows([[table.title], table.header, *table.rows, *([note] for note in table.notes)])
    return out.getvalue()


FORMATS: dict[str, Callable[[Sequence[Table]], str]] = {"markdown": markdown, "latex": latex, "csv": comma_separated}


def _markdown(table: Table) -> str:
    lines = [
        table.header,
        ["---" if place < table.words else "---:" for place in range(len(table.header))],
        *table.rows,
    ]
    escaped = ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]
    notes = [f"\n{_plain(note)}" for note in table.notes]
    return "\n".join([f"### {_plain(table.title)}\n", *escaped, *notes]) + "\n"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    escaped = re.sub(r"([\\|*`<>])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", escaped)


def _latex(table: Table) -> str:
    shape = "l" * table.words + "r" * (len(table.header) - table.words)
    lines = [" & ".join(map(_tex, line)) + r" \\" for line in (table.header, *table.rows)]
    # A bracket or an asterisk after the end of a line would be taken for its argument.
    lines = [("{}" if line[0] in "[*" else "") + line for line in lines]
    notes = [rf"\par\smallskip\footnotesize {_tex(note)}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_tex(table.title)}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{shape}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}}",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def _tex(text: str) -> str:
    """Text that LaTeX sets as it is; a minus before a digit is set as one."""
    escaped = "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", escaped)

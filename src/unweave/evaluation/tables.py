"""Tables of runs: the paper's Tables 2 to 10 with ours below, models of other names, and each run by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from unweave.errors import UnweaveError
from unweave.evaluation.likeness import sentences, unlike
from unweave.evaluation.paper import COLUMNS, NOTES, TITLES, Column, PaperRow, paper_rows
from unweave.evaluation.runs import ORACLE, Run
from unweave.evaluation.table import NOTHING, Table, cell, heading, number

MARKS = {"soft": "†", "onehot": "‡", "example": "§"}
OTHER = "¶"
MEANINGS = {
    "†": "asked by class, by its tagger's probabilities (soft)",
    "‡": "asked by class, one-hot",
    "§": "asked by one example",
    "¶": "asked in a way of its own",
}
INTERVAL = "Ours with 95 % bootstrap intervals, recordings drawn anew within each class."


def paper_tables(runs: Sequence[Run], numbers: Sequence[int] = ()) -> list[Table]:
    """Tables of the paper with our row below each of its rows.

    Args:
        runs: a run of a model that is a row of `recipes/paper` (see `unweave.evaluation.likeness`) stands below that
            row; one of the default system stands in every table.
        numbers: which tables; none for those in which a run has a row.

    Raises:
        UnweaveError: there is no such table.
    """
    strange = [number for number in numbers if number not in TITLES]
    if strange:
        raise UnweaveError(f"The paper has no Table {strange[0]} of results; give a number from 2 to 10.")
    tables = []
    for number_of in numbers or TITLES:
        rows = [row for row in paper_rows() if row.table == number_of]
        if numbers or any(_runs_of(row, runs) for row in rows):
            tables.append(_paper_table(number_of, rows, runs))
    return tables


def other_models(runs: Sequence[Run]) -> Table | None:
    """Models that are no row of the paper, a row each, with all their benchmarks; None if there are none.

    Those that are only called as one are told apart from it in words.
    """
    recipes = {row.recipe for row in paper_rows()}
    others = [run for run in runs if run.separates and (run.model not in recipes or unlike(run))]
    if not others:
        return None
    columns = [*_known_columns(others), *_further_columns(others)]
    notes = _Notes()
    rows = []
    if any(column in COLUMNS for column in columns):
        default = next(row for row in paper_rows() if row.default)
        values = dict(zip(COLUMNS, default.values, strict=True))
        rows.append(("paper, CNN14", *(number(values.get(column, math.nan)) for column in columns)))
    for model in dict.fromkeys(run.model for run in others):
        mine = [run for run in others if run.model == model]
        rows.append((model, *(_our_cell(column, mine, notes) for column in columns)))
    header = ("model", *(column.title for column in columns))
    apart = [sentence for run in others if run.model in recipes for sentence in sentences(run)]
    return Table("Other models", header, tuple(rows), (*dict.fromkeys(apart), *notes.sentences()))


def run_table(run: Run) -> Table:
    """Every system and every figure of a run, its parts apart, with the items that each is of."""
    parts = run.parts
    rows = []
    for system in run.systems:
        for part in (None, *parts):
            figures = [run.summary(system, column, part) for column in run.columns]
            where = () if not parts else ("all" if part is None else part,)
            silent = run.silent(part)
            counts = (str(figures[0].items), str(silent), str(figures[0].left_out - silent))
            rows.append((system, *where, *map(cell, figures), *counts))
    header = ("system", *(("part",) if parts else ()), *map(heading, run.columns), "items", "silent", "left out")
    return Table(f"{run.model} on {run.title}", header, tuple(rows), tuple(_about(run)), 2 if parts else 1)


def _paper_table(table: int, rows: Sequence[PaperRow], runs: Sequence[Run]) -> Table:
    notes = _Notes()
    lines = []
    for row in rows:
        lines.append((row.name, "paper", *map(number, row.values)))
        mine = _runs_of(row, runs)
        if mine:
            lines.append((row.name, "ours", *(_our_cell(column, mine, notes) for column in COLUMNS)))
    own = [NOTES[table]] if table in NOTES else []
    header = ("system", "of", *(column.title for column in COLUMNS))
    return Table(f"Table {table}: {TITLES[table]}", header, tuple(lines), (*notes.sentences(), *own), 2)


def _runs_of(row: PaperRow, runs: Sequence[Run]) -> list[Run]:
    """The runs of a row's own recipe; else, for the default system, those of another of its recipes."""
    names = [row.recipe, *(other.recipe for other in paper_rows() if row.default and other.default)]
    benchmarks = {column.benchmark for column in COLUMNS}
    like = [run for run in runs if run.stands_for in benchmarks and not unlike(run)]
    found = ([run for run in like if run.model == name] for name in names)
    return next((mine for mine in found if mine), [])


class _Notes:
    """What must be said below a table about the runs in it."""

    def __init__(self) -> None:
        self._marks: set[str] = set()
        self._runs: dict[int, Run] = {}
        self._said: list[str] = []

    def mark(self, system: str, wanted: str) -> str:
        """The mark of a cell whose model was not asked as its column says."""
        if system == wanted:
            return ""
        mark = MARKS.get(system, OTHER)
        self._marks.add(mark)
        return mark

    def use(self, run: Run, passed_over: Sequence[Run]) -> None:
        """A run has a cell; others of the same model and benchmark have not."""
        if passed_over and id(run) not in self._runs:
            self._said.append(
                f"{run.model} has {len(passed_over) + 1} runs on {run.benchmark}; shown is {run.folder.name} "
                f"({run.about.get('date', 'no date')})."
            )
        self._runs[id(run)] = run

    def sentences(self) -> list[str]:
        runs = list(self._runs.values())
        marks = [f"{mark} {MEANINGS[mark]}." for mark in MEANINGS if mark in self._marks]
        counts = [sentence for run in runs for sentence in _counts(run)]
        prints: dict[str, set[str]] = {}
        for run in runs:
            prints.setdefault(run.model, set()).add(str(run.about["model"].get("fingerprint", "")))
        mixed = [f"The runs of {model} are of different weights." for model, found in prints.items() if len(found) > 1]
        titles = dict.fromkeys(run.title for run in runs)
        options = {title: {json.dumps(run.options) for run in runs if run.title == title} for title in titles}
        mixed += [
            f"{title}: the runs have different options ({'; '.join(sorted(found))}), and so different items."
            for title, found in options.items()
            if len(found) > 1
        ]
        return [*([INTERVAL] if runs else []), *marks, *self._said, *dict.fromkeys(counts), *mixed]


def _our_cell(column: Column, runs: Sequence[Run], notes: _Notes) -> str:
    """The figure of a column; where the model has no average embedding, as it was asked instead."""
    if column in COLUMNS:
        fitting = [run for run in runs if run.stands_for == column.benchmark]
    else:
        fitting = [run for run in runs if run.title == column.benchmark]
    chosen = sorted(fitting, key=_nearest_to_paper)[-1:]
    for run in chosen:
        system = ORACLE if column.system == ORACLE else run.asked(column.metric)
        if system is not None and run.has(system, column.metric):
            notes.use(run, [other for other in fitting if other is not run])
            return cell(run.summary(system, column.metric)) + notes.mark(system, column.system)
    return NOTHING


def _nearest_to_paper(run: Run) -> tuple[bool, bool, str]:
    return run.count[0] == run.count[2], not run.unfinished, str(run.about.get("date", ""))


def _known_columns(runs: Sequence[Run]) -> list[Column]:
    here = {run.stands_for for run in runs}
    return [column for column in COLUMNS if column.benchmark in here]


def _further_columns(runs: Sequence[Run]) -> list[Column]:
    """Those of benchmarks that the paper has not."""
    known = {column.benchmark for column in COLUMNS}
    columns: dict[str, Column] = {}
    for run in runs:
        if run.stands_for in known:
            continue
        shown = [name for name in run.columns if name in ("sdr", "sdri")] or run.columns
        wanted = [(ORACLE, run.main)] if run.has(ORACLE, run.main) else []
        for system, metric in [*wanted, *(("average", name) for name in shown)]:
            words = [run.title, *(["oracle"] if system == ORACLE else []), heading(metric)]
            made = Column("", " ".join(words), run.title, system, metric)
            columns.setdefault(made.title, made)
    return sorted(columns.values(), key=lambda column: column.benchmark)


def _counts(run: Run) -> list[str]:
    """What is said of a run's items, if it is not all of the paper's."""
    count, unit, expected = run.count
    said = []
    if run.unfinished:
        said.append(f"{run.model} on {run.title} is unfinished: {len(run.data.items)} of {run.about['count']} items.")
    elif expected and count != expected:
        said.append(f"{run.title}: {count} {unit}; the paper has {expected}.")
    return said


def _about(run: Run) -> list[str]:
    about = run.about
    how = "median of each class, then the mean over classes" if run.how == "median" else "mean over all items"
    said = [f"{how[0].upper()}{how[1:]}, with 95 % bootstrap intervals, recordings drawn anew."]
    said += _counts(run)
    facts = {
        "options": ", ".join(f"{key} {value}" for key, value in run.options.items()),
        "weights": about["model"].get("fingerprint"),
        "Unweave": " ".join(str(about[key]) for key in ("unweave", "commit") if about.get(key)),
        "data": about.get("data"),
        "date": about.get("date"),
        "machine": about.get("machine"),
    }
    said.append(", ".join(f"{key} {value}" for key, value in facts.items() if value))
    if about.get("seconds") and about.get("audio_seconds"):
        said.append(f"{about['seconds'] / about['audio_seconds']:.3f} s for each second of sound.")
    return [sentence for sentence in said if sentence]

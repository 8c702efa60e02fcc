"""Models against each other on exactly the same items, with the paired difference to the first of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from unweave.errors import UnweaveError
from unweave.evaluation.runs import MIXTURE, ORACLE, REFERENCES, Run
from unweave.evaluation.statistics import Figure, Measured, paired
from unweave.evaluation.table import NOTHING, Table, cell, heading, number

SAME = 0.01  # by how much figures of the same mixture may differ between machines


def comparisons(runs: Sequence[Run]) -> list[Table]:
    """A table for each benchmark that several models were measured on.

    Raises:
        UnweaveError: they share no item.
    """
    found: dict[str, list[Run]] = {}
    for run in runs:
        if run.separates:
            found.setdefault(f"{run.title} {json.dumps(run.options)}", []).append(run)
    return [comparison(together) for together in found.values() if len(together) > 1]


def comparison(runs: Sequence[Run]) -> Table:
    """A row for each run, on the items that all of them have; above them what holds for all, the mixture and the masks.

    Raises:
        UnweaveError: see `same_items`.
    """
    views, notes = same_items(runs)
    first, main = views[0], views[0].main
    columns = list(dict.fromkeys(column for run in views for column in run.columns))
    with_oracle = any(run.has(ORACLE, main) for run in views)
    rows = [
        (
            system,
            NOTHING,
            *([NOTHING] if with_oracle else []),
            *(_cell(first, system, name) for name in columns),
            NOTHING,
        )
        for system in REFERENCES
        if system in first.systems
    ]
    for name, run in zip(names(views), views, strict=True):
        asked = run.asked(main)
        oracle = [_cell(run, ORACLE, main)] if with_oracle else []
        cells = [_cell(run, asked, column) for column in columns]
        rows.append((name, asked or NOTHING, *oracle, *cells, _difference(first, run, main)))
    header = (
        "model",
        "asked by",
        *([f"oracle {heading(main)}"] if with_oracle else []),
        *map(heading, columns),
        f"{heading(main)} over the first",
    )
    items = f"All on the same {len(first.data.items)} items, with 95 % bootstrap intervals; those of the differences"
    notes = [f"{items} draw the same recordings for both models.", *notes]
    return Table(f"Models on {first.title}", header, tuple(rows), tuple(notes), 2)


def same_items(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The runs on the items that all of them have, in the order of the first; and what was left out.

    Raises:
        UnweaveError: there are none, or items of one name are of different sounds.
    """
    first = runs[0]
    others = [set(run.data.items) for run in runs[1:]]
    common = [item for item in first.data.items if all(item in items for items in others)]
    if not common:
        raise UnweaveError(
            f"{first.folder} and {runs[-1].folder} share no item of {first.benchmark}; only runs on the same items can "
            "be compared."
        )
    views = [run.only(common) for run in runs]
    for run in views[1:]:
        _check_same(views[0], run)
    notes = [
        f"{name} has {len(run.data.items)} items, of which {len(common)} are used."
        for name, run in zip(names(runs), runs, strict=True)
        if len(run.data.items) > len(common)
    ]
    return views, notes


def names(runs: Sequence[Run]) -> list[str]:
    """What to call each run: its model, and its folder where several are of models of one name."""
    models = [run.model for run in runs]
    return [run.model if models.count(run.model) == 1 else f"{run.model} ({run.folder.name})" for run in runs]


def difference(first: Run, second: Run, column: str) -> Figure | None:
    """How much better the second is on the same items, asked in the same way or as each of them can be asked."""
    mine, theirs = _figures(second, column), _figures(first, column)
    return None if mine is None or theirs is None else paired(theirs, mine, first.how)


def _difference(first: Run, run: Run, column: str) -> str:
    found = None if run is first else difference(first, run, column)
    if found is None:
        return NOTHING
    sign = "+" if found.value > 0 else ""
    return f"{sign}{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _figures(run: Run, column: str) -> list[Measured] | None:
    asked = run.asked(column)
    return None if asked is None else run.figures(asked, column)


def _cell(run: Run, system: str | None, column: str) -> str:
    return cell(run.summary(system, column)) if system is not None and run.has(system, column) else NOTHING


def _check_same(first: Run, second: Run) -> None:
    """Refuse items of the same name that are not the same: other labels, or a mixture that scores otherwise."""
    same = (first.data.labels, first.data.groups, first.data.parts)
    wrong = same != (second.data.labels, second.data.groups, second.data.parts)
    if not wrong and MIXTURE in first.systems and MIXTURE in second.systems:
        for column in set(first.columns) & set(second.columns):
            one, two = (run.data.values[MIXTURE][:, run.columns.index(column)] for run in (first, second))
            wrong = wrong or not np.allclose(one, two, rtol=0, atol=SAME, equal_nan=True)
    if wrong:
        raise UnweaveError(
            f"{first.folder} and {second.folder} have items of the same names that are of different sounds; prepare "
            f"{first.benchmark} once and evaluate both models on it."
        )

"""A run: the folder of one model on one benchmark, rows and what they are of. Tables and figures ask it alone."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.rows import KEYS, ROWS, read_rows
from unweave.evaluation.statistics import Figure, Measured, Summary, summarise

ABOUT = "run.json"
SCHEMA = 1
MIXTURE, ORACLE = "mixture", "oracle"
REFERENCES = (MIXTURE, "ideal ratio mask", "ideal complex mask")
ASKED = ("average", "soft", "onehot", "example", "weighted")
"""How a model is asked without the target itself; the first that a run has figures of stands for the model."""
NEEDED = ("benchmark", "model", "columns", "systems", "summary", "count")


@dataclass(frozen=True)
class Measurements:
    """The figures of all items, packed.

    Attributes:
        items, labels, groups, parts: of each item, (n,).
        values: of each system, (n, columns), NaN where there is no figure.
    """

    items: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[str, ...]
    values: dict[str, NDArray[np.float64]]


class Run:
    """One model on one benchmark.

    Args:
        folder: holds `run.json` and `rows.csv`; the rows are read when they are first asked for.

    Attributes:
        about: what `run.json` says.
        benchmark, model: their names.
        columns, systems: what the rows have, in their order.
        how: how items are summarised.

    Raises:
        UnweaveError: no run, or one that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about = _read_about(folder / ABOUT)
        self.benchmark = str(self.about["benchmark"])
        self.model = str(self.about["model"]["name"])
        self.columns: tuple[str, ...] = tuple(self.about["columns"])
        self.systems: tuple[str, ...] = tuple(self.about["systems"])
        self.how = cast(Summary, self.about["summary"])
        self._summaries: dict[tuple[str, str, str | None], Figure] = {}
        self._whole = True

    @property
    def options(self) -> dict[str, Any]:
        """What the benchmark was built with."""
        return dict(sorted((self.about.get("options") or {}).items()))

    @property
    def title(self) -> str:
        """The benchmark and how it was changed: "esc50 (below 8 kHz)"."""
        lowpass = self.about.get("lowpass")
        changes = [f"below {lowpass / 1000:g} kHz"] if lowpass else []
        changes += [key for key, value in self.options.items() if value is True]
        name = " ".join([self.benchmark, *([str(self.options["of"])] if self.options.get("of") else [])])
        return f"{name} ({', '.join(changes)})" if changes else name

    @property
    def stands_for(self) -> str:
        """The benchmark of the paper that this is; the mixtures that its authors published are one too."""
        if self.about.get("lowpass"):
            return self.title
        return str(self.options.get("of")) if self.benchmark == "published" else self.benchmark

    @property
    def separates(self) -> bool:
        """Whether sounds were separated, not only found."""
        return MIXTURE in self.systems

    @property
    def main(self) -> str:
        """The figure that stands for all: SDRi if there is one."""
        likeliest = [name for name in self.columns if name.endswith("sdri")]
        return "sdri" if "sdri" in likeliest else next(iter(likeliest), self.columns[0])

    @property
    def clips(self) -> dict[str, int]:
        """How many training clips each label has; empty where nobody counted."""
        return dict(self.about.get("clips") or {})

    @cached_property
    def data(self) -> Measurements:
        """All figures.

        Raises:
            UnweaveError: the rows cannot be read, or are not those of this run.
        """
        return _pack(self.folder / ROWS, self.systems, self.columns)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is also summarised apart, in order of appearance."""
        return tuple(dict.fromkeys(part for part in self.data.parts if part))

    @property
    def count(self) -> tuple[int, str, int | None]:
        """How many of what there are, and how many the paper has (None: it has none of it)."""
        unit = str(self.about.get("unit", "items"))
        counted = {"songs": self.data.groups, "plug-ins": self.data.labels}.get(unit, self.data.items)
        return len(set(counted)), unit, self.about.get("expected")

    @property
    def unfinished(self) -> bool:
        """Whether the run has rows of fewer items than its benchmark has."""
        return self._whole and len(self.data.items) < int(self.about["count"])

    def only(self, items: Sequence[str]) -> Run:
        """The same run on some of its items, in their order."""
        index = {item: place for place, item in enumerate(self.data.items)}
        view = copy.copy(self)
        view.data = _take(self.data, [index[item] for item in items])
        view._summaries, view._whole = {}, False
        return view

    def figures(self, system: str, column: str, part: str | None = None) -> list[Measured]:
        """The figure of each item, NaN where there is none, in the order of the items.

        Args:
            system: "mixture", "oracle", "average", ...
            column: "sdr", "sdri", ...
            part: only items of this part; None for all.

        Raises:
            UnweaveError: the run has no such system, column or part.
        """
        for kind, asked, known in (("system", system, self.systems), ("figure", column, self.columns)):
            if asked not in known:
                raise UnweaveError(f"The run {self.folder} has no {kind} {asked!r}; it has {', '.join(known)}.")
        data = self.data
        if part is not None and part not in data.parts:
            raise UnweaveError(f"The run {self.folder} has no part {part!r}; it has {', '.join(self.parts) or 'none'}.")
        values = data.values[system][:, self.columns.index(column)].tolist()
        return [
            Measured(label, group, value)
            for label, group, where, value in zip(data.labels, data.groups, data.parts, values, strict=True)
            if part is None or where == part
        ]

    def summary(self, system: str, column: str, part: str | None = None) -> Figure:
        """The figure of all items, with its interval; see `figures`. It is computed once."""
        key = system, column, part
        if key not in self._summaries:
            self._summaries[key] = summarise(self.figures(system, column, part), self.how)
        return self._summaries[key]

    def has(self, system: str, column: str) -> bool:
        """Whether at least one item has this figure."""
        if system not in self.systems or column not in self.columns:
            return False
        return not bool(np.isnan(self.data.values[system][:, self.columns.index(column)]).all())

    def asked(self, column: str) -> str | None:
        """How the model was asked where nobody knows the target: the first of `ASKED` with this figure, or None."""
        others = [one for one in self.systems if one not in (*REFERENCES, ORACLE, *ASKED)]
        return next((system for system in (*ASKED, *others) if self.has(system, column)), None)

    def silent(self, part: str | None = None) -> int:
        """Items whose target is silent: even the mixture has no figure."""
        if MIXTURE not in self.systems:
            return 0
        return sum(math.isnan(one.value) for one in self.figures(MIXTURE, self.columns[0], part))


def find_runs(paths: Iterable[Path]) -> list[Run]:
    """The runs of folders: each is a run, or is searched for runs to the bottom.

    Raises:
        UnweaveError: a path without a run.
    """
    found: dict[Path, Run] = {}
    for path in paths:
        folders = [path] if (path / ABOUT).is_file() else sorted(file.parent for file in path.rglob(ABOUT))
        folders = [one for one in folders if not any(part.startswith(".") for part in one.relative_to(path).parts)]
        if not folders:
            what = "does not exist" if not path.exists() else f"holds no run (no {ABOUT})"
            raise UnweaveError(f"{path} {what}; give a folder that unweave evaluate wrote, or one that holds several.")
        for folder in folders:
            found.setdefault(folder.resolve(), Run(folder))
    return list(found.values())


def _read_about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnweaveError(f"{path.parent} holds no run (no {ABOUT}); run unweave evaluate first.") from None
    except (OSError, ValueError) as error:
        raise UnweaveError(f"{path} cannot be read: {error}.") from error
    if not isinstance(about, dict) or about.get("schema") != SCHEMA:
        raise UnweaveError(f"{path} is not of schema {SCHEMA}; it was written by another version of Unweave.")
    missing = [key for key in NEEDED if key not in about]
    if missing or not isinstance(about["model"], dict) or "name" not in about["model"] or not about["columns"]:
        raise UnweaveError(f"{path} does not say its {missing[0] if missing else 'model or columns'}; it is damaged.")
    if about["summary"] not in ("median", "mean"):
        raise UnweaveError(f"{path} is summarised by {about['summary']!r}; known are median and mean.")
    return about


def _pack(path: Path, systems: Sequence[str], columns: Sequence[str]) -> Measurements:
    rows = read_rows(path, whole=False)
    if rows and list(rows[0])[len(KEYS) :] != list(columns):
        raise UnweaveError(f"{path} has other columns than {path.with_name(ABOUT).name} beside it; it is damaged.")
    items: dict[str, int] = {}
    keys: list[tuple[str, str, str]] = []
    for row in rows:
        if row["item"] not in items:
            items[str(row["item"])] = len(items)
            keys.append((str(row["label"]), str(row["group"]), str(row["part"])))
    values = {system: np.full((len(items), len(columns)), math.nan) for system in systems}
    seen = set()
    for row in rows:
        item, system = str(row["item"]), str(row["system"])
        if system not in values or (item, system) in seen:
            fault = "twice" if system in values else f"though the run has {', '.join(systems)} only"
            raise UnweaveError(f"{path} has the item {item!r} of {system!r} {fault}; it is damaged.")
        seen.add((item, system))
        values[system][items[item]] = [cast(float, row[column]) for column in columns]
    whole = [item for item in items if all((item, system) in seen for system in systems)]
    if not whole:
        raise UnweaveError(f"No item is done in {path}; give unweave evaluate again, it goes on where it stopped.")
    labels, groups, parts = (tuple(column) for column in zip(*keys, strict=True))
    packed = Measurements(tuple(items), labels, groups, parts, values)
    return packed if len(whole) == len(items) else _take(packed, [items[item] for item in whole])


def _take(data: Measurements, places: Sequence[int]) -> Measurements:
    """The items at these places."""
    return replace(
        data,
        items=tuple(data.items[i] for i in places),
        labels=tuple(data.labels[i] for i in places),
        groups=tuple(data.groups[i] for i in places),
        parts=tuple(data.parts[i] for i in places),
        values={system: values[list(places)] for system, values in data.values.items()},
    )

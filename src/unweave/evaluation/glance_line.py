"""A line of the compact table: which figure of which run stands in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from unweave.evaluation.local import Found
from unweave.evaluation.runs import Run
from unweave.evaluation.statistics import Figure

BY_NAME, BY_EXAMPLE = "class name", "one example of the class, another recording"
PER_CLASS, MEAN = "median per class", "mean"
NONE = Figure(math.nan, math.nan, math.nan, 0, 0)


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        key: of the set that it is of.
        what: the sounds.
        asked: by what the model is asked.
        figure: which, with its unit and how it is summarised.
        of: the figure of the set's run; others are there by their keys.
        digits: behind the decimal point.
    """

    key: str
    what: str
    asked: str
    figure: str
    of: Callable[[Run, Mapping[str, Found]], Figure]
    digits: int = 2


def of(system: str, column: str = "sdri", part: str | None = None) -> Callable[[Run, Mapping[str, Found]], Figure]:
    """The figure of a system and a column; none where the run has no such part."""

    def figure(run: Run, _: Mapping[str, Found]) -> Figure:
        known = part is None or part in run.data.parts
        return run.summary(system, column, part) if known else NONE

    return figure

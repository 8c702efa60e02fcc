"""Fig. 7: SDRi of every class, oracle against average, with the number of training clips of each.

The paper draws two models over each other, one asked by segment prediction and one by embedding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unweave.errors import UnweaveError
from unweave.evaluation.figures.canvas import COLOURS, FAINT, GREY, INK, canvas, quiet_axis, save, short
from unweave.evaluation.runs import ORACLE, Run
from unweave.evaluation.statistics import medians
from unweave.evaluation.table import heading

MOST_IN_ROW = 132  # the paper's four rows of 527 classes
WORDS = {
    "average": "average embedding",
    "weighted": "weighted average",
    "soft": "asked by class (soft)",
    "onehot": "asked by class (one-hot)",
    "example": "asked by one example",
}


@dataclass(frozen=True)
class Curve:
    """A line of the figure: dashed for the oracle; `colour` is that of its model."""

    name: str
    oracle: bool
    colour: str
    heights: dict[str, float]


def draw_figure7(run: Run, path: Path, column: str | None = None, beside: Run | None = None) -> Path:
    """Draw all labels of a run from its rows, the best first.

    Args:
        run: with the oracle embedding, another way of asking, or both.
        path: ends with png, pdf or svg.
        column: "sdri" unless the run has none.
        beside: another model on the same benchmark, drawn over the first; labels that only one of them has are there.

    Raises:
        UnweaveError: a run has no such figure of a model.
    """
    column = column or run.main
    curves = _curves(run, column, (COLOURS[1], COLOURS[0]), "")
    if beside is not None:  # a colour for each model
        both = zip((run, beside), COLOURS, strict=False)
        curves = [curve for one, colour in both for curve in _curves(one, column, (colour, colour), f"{one.model}: ")]
    order = {label: math.nan for curve in curves for label in curve.heights} | curves[0].heights
    labels = sorted(order, key=lambda label: (math.isnan(order[label]), -order[label], label))
    lines = -(-len(labels) // MOST_IN_ROW)
    each = -(-len(labels) // lines)
    legend = 3.7 if beside is None else 1.4 + 2 * 0.062 * max(len(curve.name) for curve in curves)  # in
    width = max(7.0 if beside is None else legend + 2.5, 1.3 + (0.112 if each > 60 else 0.2) * each)
    names = max(len(short(label)) for label in labels)
    size = 5.6 if each > 60 else 7.5
    below = 0.14 + names * size * 0.0081  # in, for the names
    counts = 0.65 if any(run.clips.values()) else 0.0
    high = 1.7 + counts
    figure = canvas(width, 0.5 + lines * (high + below))
    tall = figure.get_figheight()
    models = run.model if beside is None else f"{run.model} and {beside.model}"
    title = short(f"{models} on {run.title}", int((width - legend) / 0.088))  # the legend stands beside it
    figure.text(0.6 / width, 1 - 0.2 / tall, title, fontsize=10, fontweight="bold", color=INK, va="center")
    low, top = _range(np.array([[curve.heights.get(label, math.nan) for label in labels] for curve in curves]))
    for line in range(lines):
        here = labels[line * each : (line + 1) * each]
        bottom = tall - 0.45 - line * (high + below) - high
        axis = figure.add_axes((0.6 / width, (bottom + counts + 0.1) / tall, 1 - 0.75 / width, 1.6 / tall))
        _lines(axis, curves, here, heading(column))
        axis.set_ylim(low, top)
        lowest = axis
        if any(run.clips.values()):
            lowest = figure.add_axes((0.6 / width, bottom / tall, 1 - 0.75 / width, counts / tall))
            _bars(lowest, run.clips, here, max(run.clips.values()))
            axis.set_xticks([])
        for one in (axis, lowest):
            one.set_xlim(-0.8, each - 0.2)  # the last row is as wide as the others
        lowest.set_xticks(range(len(here)), [short(label) for label in here], rotation=90, fontsize=size, color=INK)
    figure.legend(
        *axis.get_legend_handles_labels(), loc="upper right", ncols=2,
        bbox_to_anchor=(1 - 0.1 / width, 1 - 0.02 / tall),
        fontsize=7.5, frameon=False, labelcolor=INK,
    )  # fmt: skip
    return save(figure, path)


def _curves(run: Run, column: str, colours: tuple[str, str], of: str) -> list[Curve]:
    """The oracle's line and that of another way of asking, as far as the run has them."""
    asked = run.asked(column)
    found = [
        Curve(
            of + ("oracle embedding" if system == ORACLE else WORDS.get(system, system)),
            system == ORACLE,
            colours[0] if system == ORACLE else colours[1],
            medians(run.figures(system, column)),
        )
        for system in (ORACLE, asked)
        if system and run.has(system, column)
    ]
    if not found:
        raise UnweaveError(f"The run {run.folder} has no {heading(column)} of the model; there is nothing to draw.")
    return found


def _lines(axis: Any, curves: list[Curve], labels: list[str], name: str) -> None:
    place = np.arange(len(labels))
    mark = "o" if len(labels) <= 60 else None  # without lines between them, single points would be lost
    axis.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    for curve in curves:
        heights = [curve.heights.get(label, math.nan) for label in labels]
        axis.plot(
            place,
            heights,
            linestyle="--" if curve.oracle else "-",
            marker=mark or ("o" if _alone(heights) else None),
            markersize=2.2,
            color=curve.colour,
            linewidth=1.1,
            label=curve.name,
            zorder=3,
        )
    quiet_axis(axis)
    axis.set_ylabel(f"{name}, dB", fontsize=7, color=GREY)
    axis.grid(axis="y", color=FAINT, linewidth=0.6)
    axis.set_axisbelow(True)


def _bars(axis: Any, clips: dict[str, int], labels: list[str], most: int) -> None:
    """How many clips each label is learnt from, on a scale of powers of ten."""
    counts = [clips.get(label, 0) for label in labels]
    axis.bar(range(len(labels)), counts, 0.7, color=GREY, linewidth=0)
    axis.set_yscale("log", nonpositive="clip")
    axis.set_ylim(0.8, max(10.0, 2.0 * most))
    quiet_axis(axis)
    axis.minorticks_off()
    axis.set_ylabel("clips", fontsize=7, color=GREY)


def _range(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    """One scale for all rows."""
    known = values[np.isfinite(values)]
    low, top = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low, top = min(low, 0.0), max(top, 0.0)
    room = 0.06 * max(top - low, 1.0)
    return low - room, top + room


def _alone(heights: list[float]) -> bool:
    """Whether a point has no neighbour, so that no line would show it."""
    known = [False, *(not math.isnan(height) for height in heights), False]
    return any(here and not known[place] and not known[place + 2] for place, here in enumerate(known[1:-1]))

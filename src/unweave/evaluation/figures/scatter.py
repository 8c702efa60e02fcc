"""Two runs class by class: who is better at what."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError
from unweave.evaluation.comparing import names, same_items
from unweave.evaluation.figures.canvas import COLOURS, FAINT, GREY, INK, canvas, plain, quiet_axis, save, short
from unweave.evaluation.runs import Run
from unweave.evaluation.statistics import medians
from unweave.evaluation.table import heading

NAMED = 8  # classes with the largest differences
# Where a name may stand, in points from its dot: to the sides first, then further away.
PLACES = [
    (x * far, y * far)
    for far in (5, 12, 20, 30, 42)
    for x, y in ((1, 0.5), (-1, -0.5), (0.7, -1), (-0.7, 1), (1, -0.5), (-1, 0.5), (0.7, 1), (-0.7, -1))
]


def draw_scatter(first: Run, second: Run, path: Path, column: str | None = None, named: int = NAMED) -> Path:
    """A dot for the median of each class on the items of both runs, each asked as it can be without the target.

    Args:
        first: to the right.
        second: upwards.
        path: ends with png, pdf or svg.
        column: "sdri" unless the run has none.
        named: how many classes get their name, those with the largest differences.

    Raises:
        UnweaveError: the runs share no item, or no class has a figure of both.
    """
    column = column or first.main
    views, _ = same_items([first, second])
    asked = [run.asked(column) for run in views]
    curves = [medians(run.figures(how, column)) if how else {} for run, how in zip(views, asked, strict=True)]
    points = {
        label: (curves[0][label], curves[1][label])
        for label in curves[0]
        if not math.isnan(curves[0][label] + curves[1].get(label, math.nan))
    }
    if not points:
        raise UnweaveError(f"{first.folder} and {second.folder} have {heading(column)} of no class in common.")
    figure = canvas(6.4, 6.4)
    axis = figure.add_axes((0.11, 0.1, 0.86, 0.82))
    low, top = min(min(pair) for pair in points.values()), max(max(pair) for pair in points.values())
    room = 0.08 * max(top - low, 1.0)
    edges = (low - room, top + room)
    axis.plot(edges, edges, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
    colours = [COLOURS[0] if y >= x else COLOURS[1] for x, y in points.values()]
    xs, ys = zip(*points.values(), strict=True)
    axis.scatter(xs, ys, s=16 if len(points) > 100 else 26, c=colours, alpha=0.75, linewidths=0, zorder=2)
    axis.set_xlim(edges)
    axis.set_ylim(edges)
    quiet_axis(axis)
    axis.grid(color=FAINT, linewidth=0.6)
    axis.set_axisbelow(True)
    words = [plain(f"{name}, {how}: {heading(column)}, dB") for name, how in zip(names(views), asked, strict=True)]
    axis.set_xlabel(words[0], fontsize=8, color=COLOURS[1])
    axis.set_ylabel(words[1], fontsize=8, color=COLOURS[0])
    better = sum(y > x for x, y in points.values())
    title = f"{first.title}: {better} of {len(points)} classes above the diagonal"
    figure.text(0.11, 0.955, plain(title), fontsize=10, fontweight="bold", color=INK, va="center")
    _name(figure, axis, points, named)
    return save(figure, path)


def _name(figure: Any, axis: Any, points: dict[str, tuple[float, float]], named: int) -> None:
    """Names of the largest differences, where they cover neither each other nor a dot that is named."""
    from matplotlib.text import Text

    wanted = sorted(points, key=lambda label: (-abs(points[label][1] - points[label][0]), label))[:named]
    wanted = [label for label in wanted if points[label][0] != points[label][1]]
    renderer = figure.canvas.get_renderer()
    inside = axis.get_window_extent(renderer)
    dots = [axis.transData.transform(points[label]) for label in points]
    taken: list[Any] = []
    for label in wanted:
        best: tuple[float, Any, Any] | None = None
        for x, y in PLACES:
            text = axis.annotate(
                short(label), points[label], (x, y), textcoords="offset points", fontsize=7.5, color=INK,
                ha="left" if x > 0 else "right", va="center", zorder=4,
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
            )  # fmt: skip
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # without its line
            text.remove()
            clash = 100.0 * sum(box.overlaps(other) for other in taken)
            clash += 1000.0 * (not (inside.x0 <= box.x0 and box.x1 <= inside.x1))
            clash += 1000.0 * (not (inside.y0 <= box.y0 and box.y1 <= inside.y1))
            clash += sum(box.x0 - 2 <= a <= box.x1 + 2 and box.y0 - 2 <= b <= box.y1 + 2 for a, b in dots)
            if best is None or clash < best[0]:
                best = clash, text, box
            if clash == 0:
                break
        assert best is not None
        axis.add_artist(best[1])
        taken.append(best[2])

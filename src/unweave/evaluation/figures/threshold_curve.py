"""F1 against the threshold for each level of the ontology: where a threshold is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unweave.atomic import complete_file
from unweave.drawing import plain_drawing
from unweave.errors import UnweaveError
from unweave.evaluation.detection.summary import Counted, Detection, detections
from unweave.evaluation.rows import Row
from unweave.inference.overview import COLOURS, FAINT, GREY, INK

PANELS: tuple[tuple[Counted, str], ...] = (("segment", "segments of 1 s"), ("event", "events"))


def draw_threshold_curve(path: Path, rows: Sequence[Row], title: str = "") -> None:
    """Write the picture: segment-based F1 at the left, event-based at the right, a curve for each level.

    Bands are 95 % intervals over scenes; a dot marks the highest F1 of a level, a dashed line its F1 at the model's
    own threshold.

    Args:
        path: of the png.
        rows: of a `DetectionMeasurer`.
        title: above the picture.

    Raises:
        UnweaveError: no rows, or rows of something else.
    """
    if not rows:
        raise UnweaveError("There are no rows to draw a threshold curve of; run the benchmark detection first.")
    with plain_drawing():
        _draw(path, rows, title)


def _draw(path: Path, rows: Sequence[Row], title: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), dpi=110, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (counted, name) in zip(figure.subplots(1, 2, sharey=True), PANELS, strict=True):
        _panel(axis, detections(rows, counted), name)
    figure.axes[0].set_ylabel("F1", fontsize=9, color=INK)
    handles, _ = figure.axes[-1].get_legend_handles_labels()
    if handles:
        figure.axes[-1].legend(frameon=False, fontsize=8, labelcolor=INK)
    if title:
        figure.suptitle(title.replace("$", r"\$"), fontsize=12, fontweight="bold", color=INK, x=0.01, ha="left")
    with complete_file(path) as part:
        figure.savefig(part, format="png", metadata={"Software": "Unweave"})


def _panel(axis: Any, found: Sequence[Detection], name: str) -> None:
    for number, level in enumerate(sorted({one.level for one in found})):
        colour = COLOURS[number % len(COLOURS)]
        curve = sorted(
            ((one.threshold, one.f1) for one in found if one.level == level and one.threshold is not None),
            key=lambda point: point[0],
        )
        if curve:
            limits, figures = [limit for limit, _ in curve], [figure for _, figure in curve]
            axis.fill_between(
                limits, [f.low for f in figures], [f.high for f in figures], color=colour, alpha=0.12, lw=0
            )
            axis.plot(
                limits, [f.value for f in figures], color=colour, lw=1.6, label=f"level {level}" if level else "classes"
            )
            best = max(curve, key=lambda point: (point[1].value, point[0]))
            axis.plot([best[0]], [best[1].value], "o", color=colour, ms=5)
        for one in found:
            if one.level == level and one.threshold is None:
                axis.axhline(one.f1.value, color=colour, lw=0.8, ls=(0, (4, 3)), alpha=0.7)
    axis.set_title(name, fontsize=9, color=INK, loc="left")
    axis.set_xlabel("threshold", fontsize=9, color=INK)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.grid(color=FAINT, lw=0.6)
    axis.tick_params(colors=GREY, labelsize=8, length=3)
    for side in axis.spines.values():
        side.set_color(FAINT)

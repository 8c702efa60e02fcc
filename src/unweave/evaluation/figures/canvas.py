"""What the figures share: a canvas without a window, colours, and files that are there complete or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unweave.atomic import complete_file
from unweave.drawing import plain_drawing
from unweave.errors import UnweaveError
from unweave.inference.overview import COLOURS, FAINT, GREY, INK

__all__ = ["COLOURS", "FAINT", "GREY", "INK", "RED", "bare", "canvas", "plain", "quiet_axis", "save", "short"]

RED = "#c8102e"  # of the anchor, as in the paper
ENDINGS = {
    ".png": {"Software": "Unweave"},
    ".pdf": {"Creator": "Unweave", "CreationDate": None},
    ".svg": {"Creator": "Unweave", "Date": None},
}


def canvas(width: float, height: float) -> Any:
    """An empty figure, in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Any, path: Path) -> Path:
    """Write a figure as its ending says; the same figure gives the same file.

    Raises:
        UnweaveError: an ending that is not png, pdf or svg.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UnweaveError(f"{path.name} is no name of a picture; let it end with {', '.join(ENDINGS)}.")
    with plain_drawing(**{"svg.hashsalt": "unweave", "pdf.fonttype": 42}), complete_file(path) as part:
        figure.savefig(part, format=ending[1:], metadata=ENDINGS[ending])
    return path


def plain(text: str) -> str:
    """Text that is drawn as it is: a dollar sign would start a formula."""
    return text.replace("$", r"\$")


def short(text: str, letters: int = 26) -> str:
    """A name that fits."""
    return plain(text if len(text) <= letters else text[: letters - 1].rstrip(" ,(") + "…")


def quiet_axis(axis: Any) -> None:
    """Thin and grey, with lines on the left and at the bottom only."""
    for side, line in axis.spines.items():
        line.set_visible(side in ("left", "bottom"))
        line.set_color(GREY)
        line.set_linewidth(0.6)
    axis.tick_params(colors=GREY, labelsize=7, length=2.5, width=0.6)


def bare(axis: Any) -> None:
    """Without lines and ticks."""
    axis.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    for line in axis.spines.values():
        line.set_visible(False)

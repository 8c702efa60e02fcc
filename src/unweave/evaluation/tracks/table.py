"""The table of a run of scenes: what one gets of them at each level."""

from __future__ import annotations

from unweave.evaluation.rows import read_rows
from unweave.evaluation.runs import Run
from unweave.evaluation.table import Table, cell
from unweave.evaluation.tracks.summary import FIGURES, tracks_by_level

HEADER = ("level", "F1", "precision", "recall", "SDRi of the found", "share worse", "tracks", "sounds")


def of_tracks(run: Run) -> bool:
    """Whether a run has rows of tracks that are found, missed and invented."""
    return {"found", "missed", "invented"} <= set(run.columns)


def tracks_table(run: Run) -> Table:
    """Precision, recall, F1, and SDRi of what is found, level by level, with intervals."""
    rows = read_rows(run.folder, whole=False)
    lines = [(level, *(cell(figures[name]) for name in FIGURES)) for level, figures in tracks_by_level(rows).items()]
    notes = (
        f"{len({row['item'] for row in rows})} scenes; 95 % bootstrap intervals, scenes drawn anew.",
        "A track is a sound if it is of its class, or of one above or below it, and they have half of the shorter "
        "one's time in common; each counts once. SDRi in dB while the sound is audible; tracks and sounds per scene.",
    )
    return Table(f"{run.model} on {run.title}", HEADER, tuple(lines), notes)

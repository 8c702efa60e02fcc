"""The table of a run of detection: each level at the model's own threshold and at the best ones."""

from __future__ import annotations

from unweave.evaluation.detection.summary import KINDS, best_threshold, detections
from unweave.evaluation.rows import read_rows
from unweave.evaluation.runs import Run
from unweave.evaluation.table import Table, cell

HEADER = ("level", "threshold", "segment F1", "precision", "recall", "event F1", "event precision", "event recall")


def detection_table(run: Run) -> Table:
    """F1, precision and recall with intervals, of segments of 1 s and of events.

    The best thresholds are the best on these very scenes; choose on other ones (option `half` of the benchmark).
    """
    rows = read_rows(run.folder, whole=False)
    found = {counted: {(one.level, one.threshold): one for one in detections(rows, counted)} for counted in KINDS}
    lines = []
    for level in dict.fromkeys(level for level, _ in found["segment"]):
        best = best_threshold(rows, level)
        for threshold in (None, best):
            both = [found[counted][level, threshold] for counted in KINDS]
            scores = [cell(figure) for one in both for figure in (one.f1, one.precision, one.recall)]
            name = "classes" if level == 0 else f"level {level}"
            lines.append((name, "the model's own" if threshold is None else f"{threshold:g} (best)", *scores))
    notes = (
        f"{len({row['item'] for row in rows})} scenes; 95 % bootstrap intervals, scenes drawn anew.",
        "Segments of 1 s. Events must begin within 0.2 s of the true onset and end within 0.2 s, or half of the "
        "event's length, of the true end.",
    )
    return Table(f"{run.model} on {run.title}", HEADER, tuple(lines), notes, 2)

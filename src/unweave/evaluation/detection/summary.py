"""From rows of counts to F1, precision and recall with their intervals, and to the best threshold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import Scores, scores
from unweave.evaluation.detection.systems import OWN, parse_system, system
from unweave.evaluation.rows import Row
from unweave.evaluation.statistics import Figure
from unweave.evaluation.summary import plain

Counted = Literal["segment", "event"]
KINDS: tuple[Counted, ...] = ("segment", "event")


@dataclass(frozen=True)
class Detection:
    """How well a level is found at a threshold.

    Attributes:
        level: of the ontology, 0 for the classes.
        threshold: None for the model's own.
        f1, precision, recall: of the sums over scenes, in [0, 1], with 95 % bootstrap intervals over scenes.
    """

    level: int
    threshold: float | None
    f1: Figure
    precision: Figure
    recall: Figure


def detections(rows: Iterable[Row], counted: Counted = "segment", draws: int = 1000, seed: int = 0) -> list[Detection]:
    """Summarise rows, one result for each level and threshold, in the order in which they first come.

    Args:
        rows: of a `DetectionMeasurer`.
        counted: "segment" or "event".
        draws: of the bootstrap.
        seed: of the bootstrap; every system is drawn the same scenes.

    Raises:
        UnweaveError: rows of something else.
    """
    found = []
    for name, counts in _counts(rows, counted).items():
        level, threshold = parse_system(name)
        index = np.random.default_rng(seed).integers(0, len(counts), (draws, len(counts)))
        value, drawn = scores(*counts.sum(0)), scores(*counts[index].sum(1).T)
        found.append(Detection(level, threshold, *_figures(value, drawn, len(counts))))
    return found


def detection_figures(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, float | int | None]]]:
    """`{system: {"segment_f1": figure, ...}}`, as `unweave.evaluation.summary.summary_of` has it for one part."""
    found: dict[str, dict[str, dict[str, float | int | None]]] = {}
    for counted in KINDS:
        for one in detections(rows, counted):
            figures = found.setdefault(system(one.level, OWN if one.threshold is None else one.threshold), {})
            for name in ("f1", "precision", "recall"):
                figures[f"{counted}_{name}"] = plain(getattr(one, name))
    return found


def best_threshold(rows: Iterable[Row], level: int, counted: Counted = "segment") -> float:
    """The threshold with the highest F1 at a level; of equally good ones the highest.

    Choose on one half of the recordings and report on the other (option `half` of the benchmark).

    Raises:
        UnweaveError: there are no rows of the level at a given threshold.
    """
    known = {
        one.threshold: one.f1.value
        for one in detections(rows, counted, draws=1)
        if one.level == level and one.threshold is not None and not math.isnan(one.f1.value)
    }
    if not known:
        raise UnweaveError(f"There is nothing of level {level} in these rows to choose a threshold by.")
    return max(known, key=lambda threshold: (known[threshold], threshold))


def _counts(rows: Iterable[Row], counted: Counted) -> dict[str, NDArray[np.float64]]:
    """Counts of the scenes by system, (scenes, 3) each."""
    names = [f"{counted}_{count}" for count in ("tp", "fp", "fn")]
    found: dict[str, list[list[float]]] = {}
    for row in rows:
        if not all(name in row for name in names):
            raise UnweaveError(f"These rows have no column {names[0]}; give a run of detection.")
        found.setdefault(str(row["system"]), []).append([float(row[name]) for name in names])
    return {name: np.array(counts, np.float64) for name, counts in found.items()}


def _figures(value: Scores, drawn: Scores, scenes: int) -> list[Figure]:
    figures = []
    for one, many in zip(value, drawn, strict=True):
        known = many[~np.isnan(many)]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
        figures.append(Figure(float(one), float(low), float(high), scenes, 0))
    return figures

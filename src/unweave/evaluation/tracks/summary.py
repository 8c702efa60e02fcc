"""From rows of tracks to precision, recall, F1, and the SDRi of what is found, with intervals over scenes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.detection.counts import scores
from unweave.evaluation.rows import Row
from unweave.evaluation.statistics import Figure
from unweave.evaluation.summary import ALL, plain

Floats = NDArray[np.float64]
COUNTED = ("tracks", "sounds", "found", "missed", "invented", "worse")
FIGURES = ("f1", "precision", "recall", "sdri", "worse", "tracks", "sounds")


def tracks_by_level(rows: Iterable[Row], draws: int = 1000, seed: int = 0) -> dict[str, dict[str, Figure]]:
    """Summarise rows of a `LevelMeasurer`: the figures of each level, by its system.

    f1, precision and recall are of the sums over scenes; sdri is the mean over all sounds that are found, in dB; worse
    the share of them, in [0, 1], whose track is worse than the recording; tracks and sounds are means over scenes.

    Args:
        rows: of all levels.
        draws: of the bootstrap over scenes; every level is drawn the same ones.
        seed: of the bootstrap.

    Raises:
        UnweaveError: rows of something else.
    """
    counts: dict[str, list[list[float]]] = {}
    for row in rows:
        if not all(name in row for name in (*COUNTED, "sdri")):
            raise UnweaveError("These rows have no tracks that are found or missed; give a run of scenes.")
        gains = 0.0 if math.isnan(float(row["sdri"])) else float(row["sdri"]) * float(row["found"])
        counts.setdefault(str(row["system"]), []).append([*(float(row[name]) for name in COUNTED), gains])
    found = {}
    for system, values in counts.items():
        packed = np.array(values)  # (scenes, counts)
        index = np.random.default_rng(seed).integers(0, len(packed), (draws, len(packed)))
        value, drawn = _figures(packed[None]), _figures(packed[index])
        found[system] = {name: _figure(float(value[name][0]), drawn[name], len(packed)) for name in FIGURES}
    return found


def track_figures(rows: Sequence[Row]) -> dict[str, Any]:
    """The same as `unweave.evaluation.summary.summary_of` has it."""
    levels = tracks_by_level(rows)
    return {"figures": {ALL: {system: {name: plain(one) for name, one in of.items()} for system, of in levels.items()}}}


def _figures(counts: Floats) -> dict[str, Floats]:
    """Of draws (N, scenes, counts), (N,) each."""
    tracks, sounds, found, missed, invented, worse, gains = counts.sum(1).T
    f1, precision, recall = scores(found, invented, missed)
    with np.errstate(invalid="ignore"):
        per_found = {"sdri": gains / found, "worse": worse / found}
    scenes = counts.shape[1]
    return {
        "f1": f1,
        "precision": precision,
        "recall": recall,
        **per_found,
        "tracks": tracks / scenes,
        "sounds": sounds / scenes,
    }


def _figure(value: float, drawn: Floats, scenes: int) -> Figure:
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
    return Figure(value, float(low), float(high), scenes, 0)

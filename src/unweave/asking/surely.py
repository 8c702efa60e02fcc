"""How surely a node of the ontology sounds in a recording: several hints at it count together, and so does time.

    max over m = 1, 2, 4, ... of (mean of v over the m segments in which it is highest + longer * log2 m)

where v of a segment lies half way between the highest probability of the node's classes and their sum: several classes
that the tagger cannot tell apart are, together, surely what stands above them, and what sounds long needs less.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.settings import ModelSettings

Curve = NDArray[np.float32]
FAINTLY = 1 / 3  # of the threshold


def heard_together(probabilities: NDArray[np.float32]) -> Curve:
    """The v of each segment.

    Shape:
        probabilities of the node's classes (I, n) -> (I,)
    """
    curve: Curve = (probabilities.max(axis=1, initial=0) + np.minimum(probabilities.sum(axis=1), 1)) / 2
    return curve


def how_surely(curve: Curve, longer: float) -> float:
    """The evidence of a curve v (I,); `longer` is what every doubling of the time adds."""
    highest = np.sort(curve)[::-1]
    means = np.cumsum(highest) / np.arange(1, len(highest) + 1)
    powers = np.arange(int(np.log2(len(highest))) + 1)
    return float((means[2**powers - 1] + longer * powers).max())


def faintly(heard: Heard) -> Heard:
    """The same recording, for what is surely there: it sounds wherever a third of the threshold says so.

    A threshold that somebody gave, and those that a model has for each class, stay as they are.
    """
    return heard if heard.threshold is not None else replace(heard, threshold=faint_threshold(heard.model.settings))


def faint_threshold(settings: ModelSettings) -> float | None:
    """That of what is surely there; None for the model's own, where every class has one of its own."""
    return None if settings.class_thresholds is not None else FAINTLY * settings.threshold

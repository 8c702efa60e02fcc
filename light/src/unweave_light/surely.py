"""How surely a node sounds in a recording (`unweave.asking.surely` says why)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unweave_light.plan import Curve, Heard


def heard_together(probabilities: Curve) -> Curve:
    """Half way between the highest class and the sum of all, in each segment: (I, n) -> (I,)."""
    curve: Curve = (probabilities.max(axis=1, initial=0) + np.minimum(probabilities.sum(axis=1), 1)) / 2
    return curve


def how_surely(curve: Curve, longer: float) -> float:
    """The evidence of such a curve; `longer` is what every doubling of the time adds."""
    highest = np.sort(curve)[::-1]
    means = np.cumsum(highest) / np.arange(1, len(highest) + 1)
    powers = np.arange(int(np.log2(len(highest))) + 1)
    return float((means[2**powers - 1] + longer * powers).max())


def faintly(heard: Heard) -> Heard:
    """The same recording, for what is surely there: it sounds wherever a part of the model's threshold says so."""
    told = heard.told
    if heard.threshold is not None or isinstance(told["limits"], list):
        return heard
    return replace(heard, threshold=told["constants"]["faintly"] * told["settings"]["threshold"])

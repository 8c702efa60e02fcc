"""From the figures of items to one figure with its interval: medians of classes and their mean, or a plain mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Summary = Literal["median", "mean"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """One figure of a table.

    Attributes:
        value: NaN if there is nothing to summarise.
        low, high: its 95 % bootstrap interval.
        items: that it is of.
        left_out: items without a figure (a silent target, a class that cannot be asked for).
    """

    value: float
    low: float
    high: float
    items: int
    left_out: int


@dataclass(frozen=True)
class Measured:
    """A figure of an item: its label, the recording that it is of, and its value, which may be NaN."""

    label: str
    group: str
    value: float


def summarise(measured: Iterable[Measured], how: Summary = "median", draws: int = 1000, seed: int = 0) -> Figure:
    """Summarise as the paper does, with an interval.

    "median" takes the median over the items of each label and then the mean over labels; "mean" the mean over all
    items. The bootstrap draws recordings anew within each label, since items of one recording are not independent.
    """
    labels: dict[str, dict[str, list[float]]] = {}
    left_out = count = 0
    for number, one in enumerate(measured):
        if math.isnan(one.value):
            left_out += 1
            continue
        count += 1
        group = one.group or f"item {number}"
        labels.setdefault(one.label if how == "median" else "", {}).setdefault(group, []).append(one.value)
    if not count:
        return Figure(math.nan, math.nan, math.nan, 0, left_out)
    rng = np.random.default_rng(seed)
    centre = np.median if how == "median" else np.mean
    value = float(np.mean([centre(np.concatenate(list(groups.values()))) for groups in labels.values()]))
    drawn = np.mean([_draws(list(groups.values()), draws, rng, how) for groups in labels.values()], axis=0)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(value, float(low), float(high), count, left_out)


def medians(measured: Iterable[Measured]) -> dict[str, float]:
    """The median of each label, sorted by label; labels without a figure are NaN."""
    values: dict[str, list[float]] = {}
    for one in measured:
        values.setdefault(one.label, [])
        if not math.isnan(one.value):
            values[one.label].append(one.value)
    return {label: float(np.median(found)) if found else math.nan for label, found in sorted(values.items())}


def _draws(groups: list[list[float]], draws: int, rng: np.random.Generator, how: Summary) -> Floats:
    """The centre of each of `draws` resamplings of the groups, (draws,)."""
    if how == "mean":
        sums, sizes = np.array([sum(group) for group in groups]), np.array([len(group) for group in groups])
        index = rng.integers(0, len(groups), (draws, len(groups)))
        means: Floats = sums[index].sum(1) / sizes[index].sum(1)
        return means
    if all(len(group) == 1 for group in groups):
        flat = np.array([group[0] for group in groups])
        result: Floats = np.median(flat[rng.integers(0, len(flat), (draws, len(flat)))], axis=1)
        return result
    out = np.empty(draws)
    arrays = [np.asarray(group) for group in groups]
    for draw in range(draws):
        out[draw] = np.median(np.concatenate([arrays[i] for i in rng.integers(0, len(arrays), len(arrays))]))
    return out

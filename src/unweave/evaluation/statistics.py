"""From the figures of items to one figure with its interval: medians of classes and their mean, or a plain mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError

Summary = Literal["median", "mean"]
Floats = NDArray[np.float64]
AT_ONCE = 4_000_000  # draws x items that are held at once


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
    every = list(measured)
    kept = [(number, one) for number, one in enumerate(every) if not math.isnan(one.value)]
    values = np.array([[one.value for _, one in kept]], np.float64)
    return _figure(values, kept, len(every) - len(kept), how, draws, seed)


def paired(
    first: Sequence[Measured], second: Sequence[Measured], how: Summary = "median", draws: int = 1000, seed: int = 0
) -> Figure:
    """How much higher the summary of `second` is than that of `first`, on the items that both have a figure of.

    The bootstrap draws the same recordings for both, so that what is hard for both does not widen the interval.

    Args:
        first, second: figures of the same items in the same order.

    Raises:
        UnweaveError: they are not of the same items.
    """
    if [(one.label, one.group) for one in first] != [(one.label, one.group) for one in second]:
        raise UnweaveError("Two systems can only be compared on the same items; these are of different ones.")
    pairs = list(enumerate(zip(first, second, strict=True)))
    kept = [(number, one) for number, (one, two) in pairs if not math.isnan(one.value + two.value)]
    values = np.array([[one.value for _, one in kept], [second[number].value for number, _ in kept]], np.float64)
    return _figure(values, kept, len(pairs) - len(kept), how, draws, seed)


def medians(measured: Iterable[Measured]) -> dict[str, float]:
    """The median of each label, sorted by label; labels without a figure are NaN."""
    values: dict[str, list[float]] = {}
    for one in measured:
        values.setdefault(one.label, [])
        if not math.isnan(one.value):
            values[one.label].append(one.value)
    return {label: float(np.median(found)) if found else math.nan for label, found in sorted(values.items())}


def _figure(
    values: Floats, kept: Sequence[tuple[int, Measured]], left_out: int, how: Summary, draws: int, seed: int
) -> Figure:
    """The summary of figures (1, n), or the difference of those of (2, n), with its interval."""
    if not kept:
        return Figure(math.nan, math.nan, math.nan, 0, left_out)
    places: dict[str, list[int]] = {}
    for place, (_, one) in enumerate(kept):
        places.setdefault(one.label if how == "median" else "", []).append(place)
    rng = np.random.default_rng(seed)
    drawn = np.zeros((len(values), draws))
    value = np.zeros(len(values))
    for members in places.values():
        here = values[:, members]
        value += (np.median if how == "median" else np.mean)(here, axis=1)
        groups = [kept[place][1].group or f"item {kept[place][0]}" for place in members]
        number = np.unique(groups, return_inverse=True)[1]
        step = max(1, AT_ONCE // len(members))
        for start in range(0, draws, step):
            weights = _weights(number, min(step, draws - start), rng)
            drawn[:, start : start + step] += [_centres(row, weights, how) for row in here]
    low, high = np.quantile((drawn[-1] - (drawn[0] if len(drawn) > 1 else 0)) / len(places), [0.025, 0.975])
    found = (value[-1] - (value[0] if len(value) > 1 else 0)) / len(places)
    return Figure(float(found), float(low), float(high), len(kept), left_out)


def _weights(groups: NDArray[np.intp], draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How often each item is in each resampling of the groups, (draws, n); `groups` are numbers 0 .. G - 1, (n,)."""
    count = int(groups.max()) + 1
    chosen = rng.integers(0, count, (draws, count)) + count * np.arange(draws)[:, None]
    return np.bincount(chosen.ravel(), minlength=draws * count).reshape(draws, count)[:, groups]


def _centres(values: Floats, weights: NDArray[np.int64], how: Summary) -> Floats:
    """The centre of each resampling, (draws,), of values (n,) that come `weights` (draws, n) times."""
    if how == "mean":
        means: Floats = weights @ values / weights.sum(1)
        return means
    order = values.argsort(kind="stable")
    ranks = weights[:, order].cumsum(1)
    total = ranks[:, -1:]
    lower, upper = ((ranks > place).argmax(1) for place in ((total - 1) // 2, total // 2))
    ranked = values[order]
    middles: Floats = (ranked[lower] + ranked[upper]) / 2
    return middles

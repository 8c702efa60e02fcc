"""How well a tagger tags: average precision, area under the ROC curve, d-prime, and a threshold for each class.

A class is judged by how it ranks the clips: those that hold it should score above the others. How well a class without
a positive or without a negative clip ranks cannot be known; it is NaN and left out of the means, never 0 or 1.

The definitions are the usual ones (average precision is the step-wise area under precision over recall; clips of equal
score stay together). They are a few lines over sorted scores, so no further package is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unweave.errors import UnweaveError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TaggingScores:
    """Scores of the K classes, NaN where a class has no positive or no negative clip.

    Attributes:
        average_precision: (K,) in (0, 1].
        auc: area under the ROC curve, (K,) in [0, 1], 0.5 by chance.
        d_prime: (K,), 0 by chance; finite even where the ranking is perfect, see `d_prime`.
        positives, negatives: clips that hold the class and that do not, (K,).
    """

    average_precision: Floats
    auc: Floats
    d_prime: Floats
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]

    def summary(self) -> dict[str, float]:
        """The means over the classes that can be judged, as "mAP", "AUC" and "d-prime"; empty if there is none.

        The mean d-prime is that of the mean AUC, as published tables have it.
        """
        known = ~np.isnan(self.auc)
        if not known.any():
            return {}
        auc = float(self.auc[known].mean())
        pairs = int((self.positives * self.negatives)[known].sum())
        return {"mAP": float(self.average_precision[known].mean()), "AUC": auc, "d-prime": d_prime(auc, pairs)}


def d_prime(auc: float, pairs: int) -> float:
    """Distance of two normal distributions of equal width that have this AUC, sqrt(2) * Phi^-1(AUC).

    Args:
        auc: in [0, 1].
        pairs: of a positive and a negative clip that it was counted over. A perfect ranking of few clips is no proof of
            an infinite distance, so the AUC is held half a pair away from 0 and 1.
    """
    edge = 0.5 / max(pairs, 1)
    return math.sqrt(2) * NormalDist().inv_cdf(min(max(auc, edge), 1 - edge))


def score_tagging(scores: ArrayLike, targets: ArrayLike) -> TaggingScores:
    """Judge the scores of clips.

    Args:
        scores: probabilities or anything else that ranks, (clips, K).
        targets: whether a clip holds a class, (clips, K).

    Raises:
        UnweaveError: shapes that differ, or scores that are no numbers.
    """
    values, truth = _checked(scores, targets)
    positives = truth.sum(0).astype(np.int64)
    negatives = len(truth) - positives
    precision, auc, prime = (np.full(truth.shape[1], np.nan) for _ in range(3))
    for k in np.flatnonzero((positives > 0) & (negatives > 0)):
        _, hits, false = _cuts(values[:, k], truth[:, k])
        gained = np.diff(hits, prepend=0)
        precision[k] = (gained * hits / (hits + false)).sum() / positives[k]
        # A positive beats the negatives that come later in the ranking, and half of those that score the same.
        beaten = negatives[k] - false + np.diff(false, prepend=0) / 2
        auc[k] = (gained * beaten).sum() / (positives[k] * negatives[k])
        prime[k] = d_prime(float(auc[k]), int(positives[k] * negatives[k]))
    return TaggingScores(precision, auc, prime, positives, negatives)


def class_thresholds(scores: ArrayLike, targets: ArrayLike, default: float = 0.5) -> Floats:
    """The threshold of each class that gives the best F1, (K,).

    It lies half way to the next lower score, so that `>` and `>=` mean the same; of equally good ones the highest.

    Args:
        scores: probabilities, (clips, K), of clips that the tagger has not learnt from.
        targets: whether a clip holds a class, (clips, K).
        default: of classes without a positive or without a negative clip, on which nothing can be chosen.

    Raises:
        UnweaveError: shapes that differ, or scores that are no numbers.
    """
    values, truth = _checked(scores, targets)
    thresholds = np.full(truth.shape[1], float(default))
    positives = truth.sum(0)
    for k in np.flatnonzero((positives > 0) & (positives < len(truth))):
        cuts, hits, false = _cuts(values[:, k], truth[:, k])
        best = int((2 * hits / (hits + false + positives[k])).argmax())
        below = cuts[best + 1] if best + 1 < len(cuts) else min(0.0, cuts[best])
        middle = (cuts[best] + below) / 2
        # Between neighbouring numbers there is none.
        thresholds[k] = middle if below < middle else cuts[best]
    return thresholds


def _cuts(scores: Floats, truth: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """The different scores from high to low, and how many positives and negatives score at least as high."""
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order], truth[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of the clips with the same score
    hits = np.cumsum(hit, dtype=np.int64)[last]
    return ranked[last], hits, last + 1 - hits


def _checked(scores: ArrayLike, targets: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    values, truth = np.asarray(scores, np.float64), np.asarray(targets).astype(bool)
    if values.ndim != 2 or values.shape != truth.shape:
        raise UnweaveError(
            f"Scores and targets are both (clips, classes); they are of shape {values.shape} and {truth.shape}."
        )
    if not np.isfinite(values).all():
        clip, key = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise UnweaveError(f"Clip {clip} scores {values[clip, key]} for class {key}, which cannot be ranked.")
    return values, truth

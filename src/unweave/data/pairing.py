"""Which anchors of a batch are mixed (Algorithm 1, step 3): groups of J in which no two share a class."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.errors import UnweaveError

Groups = NDArray[np.int64]


def thresholded(tags: Tensor, thresholds: float | Tensor, classes: Tensor | None = None) -> Tensor:
    """Which classes each anchor holds: r = (tags of the anchor > theta).

    Args:
        tags: the tagger's probabilities of the anchors, (B, K).
        thresholds: theta in [0, 1], one for all classes or one for each, (K,).
        classes: the class that each anchor was mined for, (B,), which counts as there whatever the tagger says; -1 for
            none. The paper trusts the tagger alone.

    Shape:
        -> (B, K) bool

    Raises:
        UnweaveError: thresholds of another number of classes.
    """
    if isinstance(thresholds, Tensor):
        if thresholds.shape not in ((), (tags.shape[1],)):
            raise UnweaveError(f"There are {tags.shape[1]} classes; got {thresholds.numel()} thresholds for them.")
        thresholds = thresholds.to(tags.device)
    present = tags > thresholds
    if classes is not None:
        named = classes.to(tags.device)[:, None]
        present = present | (torch.arange(tags.shape[1], device=tags.device) == named)
    return present


def shared_classes(present: Tensor) -> Tensor:
    """Whether two anchors may not be mixed: they share a class, or are the same one.

    Shape:
        present (B, K) bool -> (B, B) bool
    """
    there = present.float()
    return (there @ there.T > 0) | torch.eye(len(present), dtype=torch.bool, device=present.device)


def rolled_groups(batch: int, sources: int) -> Tensor:
    """Groups without the class check: anchor i with i + 1, ..., i + J - 1 around the batch, as in Algorithm 1.

    Shape:
        -> (B, J)

    Raises:
        UnweaveError: fewer anchors than a mixture has sources.
    """
    _check(batch, sources)
    return (torch.arange(batch)[:, None] + torch.arange(sources)) % batch


def disjoint_groups(
    clash: Tensor | NDArray[np.bool_],
    sources: int,
    rng: np.random.Generator,
    tries: int = 20,
    whole: bool = True,
) -> Tensor:
    """Groups of J anchors in which no two clash.

    Group i begins with anchor i, and each column is a permutation of the anchors, so that every one is used J times.
    For two sources a grouping is found whenever there is one; for more, columns are filled one after the other and a
    dead end starts again.

    Args:
        clash: whether two anchors may not be mixed, (B, B), symmetric; see `shared_classes`.
        sources: J, 2 or more.
        rng: of the draw.
        tries: how often to start again.
        whole: False leaves out the anchors that find no group, instead of an error, as long as one group is left.

    Shape:
        -> (B, J) int64, on the CPU; (N, J) with N <= B if not `whole`

    Raises:
        UnweaveError: no such groups were found: one class is nearly everywhere.
    """
    blocked = clash.cpu().numpy() if isinstance(clash, Tensor) else np.asarray(clash)
    batch = len(blocked)
    _check(batch, sources)
    best: Groups = np.empty((0, sources), np.int64)
    for _ in range(tries):
        groups = _fill(blocked | np.eye(batch, dtype=bool), sources, rng)
        if len(groups) > len(best):
            best = groups
        if len(best) == batch or sources == 2:
            break
    if len(best) == batch or (len(best) and not whole):
        return torch.from_numpy(best)
    raise UnweaveError(
        f"No mixtures of {sources} sources without a shared class were found among {batch} anchors; use more classes, "
        "a larger batch, or higher thresholds for the classes that are everywhere."
    )


def disjoint_partners(clash: NDArray[np.bool_], rng: np.random.Generator, tries: int = 1000) -> NDArray[np.int64]:
    """Pair each of B anchors with one of B others so that no pair shares a class: r_i AND r_partner(i) = 0.

    Args:
        clash: whether anchor i and candidate j share a class, (B, B).
        rng: of the draw.
        tries: swaps to attempt before giving up.

    Shape:
        -> (B,), a permutation: the candidate of each anchor

    Raises:
        UnweaveError: no such pairing was found; the batch holds one class nearly everywhere.
    """
    batch = len(clash)
    anchors = np.arange(batch)
    partner = rng.permutation(batch)
    for _ in range(tries):
        bad = np.flatnonzero(clash[anchors, partner])
        if not len(bad):
            return partner
        one = int(rng.choice(bad))
        # Swapping partners keeps the permutation; take a swap that mends `one` and breaks nothing, else any.
        mends = np.flatnonzero(~clash[one, partner] & ~clash[anchors, partner[one]])
        other = int(rng.choice(mends)) if len(mends) else int(rng.integers(batch))
        partner[[one, other]] = partner[[other, one]]
    raise UnweaveError(
        f"No pairing of {batch} anchors without a shared class was found; use more classes or a larger batch."
    )


def most_partners(clash: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Groups, Groups]:
    """As many pairs without a shared class as there can be, where `disjoint_partners` finds none for all.

    Args:
        clash: whether anchor i and candidate j share a class, (B, B).
        rng: of the draw.

    Shape:
        -> anchors (N,), their candidates (N,); N <= B, perhaps 0
    """
    partner = _matching(~clash, rng)
    anchors = np.flatnonzero(partner >= 0)
    return anchors, partner[anchors]


def _check(batch: int, sources: int) -> None:
    if not 2 <= sources <= batch:
        raise UnweaveError(
            f"A mixture has at least 2 sources and a batch at least as many anchors; got {sources} sources and a "
            f"batch of {batch}."
        )


def _fill(blocked: NDArray[np.bool_], sources: int, rng: np.random.Generator) -> Groups:
    """As many groups as could be filled, (N, J)."""
    groups: Groups = np.arange(len(blocked))[:, None]
    for _ in range(1, sources):
        allowed = np.logical_not(blocked[groups].any(1))  # of each group, the anchors that clash with none in it
        partner = _matching(allowed, rng)
        groups = np.concatenate([groups, partner[:, None]], 1)[partner >= 0]
    return groups


def _matching(allowed: NDArray[np.bool_], rng: np.random.Generator) -> Groups:
    """A random matching of rows to columns, as large as can be: the column of each row, -1 for none.

    Begins with a random permutation and mends it along augmenting paths (Kuhn, 1955).
    """
    rows = len(allowed)
    partner = rng.permutation(allowed.shape[1])[:rows]
    partner[~allowed[np.arange(rows), partner]] = -1
    owner = np.full(allowed.shape[1], -1)
    owner[partner[partner >= 0]] = np.flatnonzero(partner >= 0)
    for row in rng.permutation(np.flatnonzero(partner < 0)):
        reached_from = np.full(allowed.shape[1], -1)
        end, queue = -1, [int(row)]
        while queue and end < 0:
            one = queue.pop(0)
            new = rng.permutation(np.flatnonzero(allowed[one] & (reached_from < 0)))
            reached_from[new] = one
            free = new[owner[new] < 0]
            end = int(free[0]) if len(free) else -1
            queue.extend(owner[new].tolist())
        while end >= 0:  # hand the columns of the path on, back to `row`
            one = reached_from[end]
            partner[one], owner[end], end = end, one, int(partner[one])
    return partner

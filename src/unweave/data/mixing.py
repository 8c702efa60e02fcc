"""Mixing of anchors (Algorithm 1, steps 3 and 4): who is mixed with whom, and how loud.

Equal energy (Section 3.6) is `unweave.audio.energy.match_energy`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.errors import UnweaveError


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


def random_gain(sources: Tensor, decibels: float, generator: torch.Generator) -> Tensor:
    """Scale each row of `sources` (B, T) by a gain drawn evenly from +-`decibels` dB."""
    gain = (torch.rand(sources.shape[0], 1, generator=generator) * 2 - 1) * decibels
    return sources * 10 ** (gain / 20)

"""Mixing of anchors (Algorithm 1, step 4): J sources at their energies, and which of them are the target.

Who is mixed with whom is `unweave.data.pairing`; how loud is `unweave.data.energies`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from unweave.data.energies import Energy, energies
from unweave.data.pairing import disjoint_partners
from unweave.errors import UnweaveError

__all__ = ["Mixture", "disjoint_partners", "mix"]


@dataclass
class Mixture:
    """Mixtures of a batch.

    Attributes:
        mixture: sum of the sources, (B, T).
        target: sum of the chosen ones, (B, T).
        chosen: which sources those are, (B, J) bool.
        sources: each as it is in the mixture, (B, J, T).
    """

    mixture: Tensor
    target: Tensor
    chosen: Tensor
    sources: Tensor


def mix(sources: Tensor, energy: str | Energy, targets: int | None, generator: torch.Generator) -> Mixture:
    """Add the sources up.

    Nothing is done about peaks: a sum above full scale stays as it is, because scaling it would undo the energies. The
    paper does nothing either.

    Args:
        sources: (B, J, T), J of 2 or more (2, 3 and 4 in Table 8). The first ones become the target, so their order in
            a row should be a random one, as groups of `unweave.data.pairing` have it.
        energy: how loud they are: "match", "random", "none", or what `energies.build` gives.
        targets: how many sources make up the target, 1 to J - 1; None draws that number for each row.
        generator: of the gains and of the number of targets, on the CPU.

    Raises:
        UnweaveError: a single source, or a number of targets that leaves nothing to remove.
    """
    number = sources.shape[1]
    if number < 2:
        raise UnweaveError(f"A mixture needs at least 2 sources; got {number}.")
    if targets is not None and not 1 <= targets < number:
        raise UnweaveError(f"Of {number} sources, 1 to {number - 1} can be the target; got {targets}.")
    scaled = (energies.build(energy) if isinstance(energy, str) else energy)(sources, generator)
    counts = torch.randint(1, number, (len(sources), 1), generator=generator)
    if targets is not None:
        counts = torch.full_like(counts, targets)
    chosen = (torch.arange(number) < counts).to(sources.device)
    return Mixture(scaled.sum(1), (scaled * chosen[..., None]).sum(1), chosen, scaled)

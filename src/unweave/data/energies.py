"""How loud the sources of a mixture are (Section 3.6, Table 9): as they come, at random, or equal."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from unweave.audio.energy import energy, match_energy
from unweave.errors import UnweaveError
from unweave.registry import Registry


class Energy(Protocol):
    """Scales the sources of each mixture."""

    def __call__(self, sources: Tensor, generator: torch.Generator) -> Tensor:
        """Scale; random numbers come from `generator`, which is on the CPU.

        Shape:
            sources (B, J, T) -> (B, J, T), on the same device
        """


energies: Registry[Energy] = Registry("energy of sources", "unweave.data")


def random_gain(sources: Tensor, decibels: float, generator: torch.Generator) -> Tensor:
    """Scale each waveform of `sources` (..., T) by a gain of its own, drawn evenly from +-`decibels` dB."""
    gain = (torch.rand(*sources.shape[:-1], 1, generator=generator) * 2 - 1) * decibels
    return sources * (10 ** (gain / 20)).to(sources.device, sources.dtype)


@energies.register("none")
class AsTheyCome:
    """The sources as loud as they are in their clips."""

    def __call__(self, sources: Tensor, generator: torch.Generator) -> Tensor:
        """See `Energy`."""
        return sources


@energies.register("random")
class RandomGain:
    """Each source at a gain of its own.

    Args:
        decibels: it is drawn evenly from plus and minus this many dB; 20 in Table 9.
    """

    def __init__(self, decibels: float = 20.0) -> None:
        if decibels < 0:
            raise UnweaveError(f"Gains lie between plus and minus some dB, 0 or more; got {decibels}.")
        self.decibels = decibels

    def __call__(self, sources: Tensor, generator: torch.Generator) -> Tensor:
        """See `Energy`."""
        return random_gain(sources, self.decibels, generator)


@energies.register("match")
class Matched:
    """The other sources scaled to the energy of the first: a = sqrt(E_i / E_{i+1}), the paper's choice.

    Silence stays silence, and beside a silent first source the others stay as loud as they are.

    Args:
        limit: largest factor, at least 1, and the inverse of the smallest one, so that nearly digital silence is not
            blown up; None for no limit, as in the paper.
        decibels: the other sources then differ from equal energy by up to this many dB, drawn evenly; 0 in the paper.
    """

    def __init__(self, limit: float | None = None, decibels: float = 0.0) -> None:
        if decibels < 0 or (limit is not None and limit < 1):
            raise UnweaveError(f"The limit of a factor is 1 or more, and dB 0 or more; got {limit} and {decibels}.")
        self.limit, self.decibels = limit, decibels

    def __call__(self, sources: Tensor, generator: torch.Generator) -> Tensor:
        """See `Energy`."""
        first, others = sources[:, :1], sources[:, 1:]
        matched = torch.where(energy(first)[..., None] > 0, match_energy(first, others, self.limit), others)
        if self.decibels:
            matched = random_gain(matched, self.decibels, generator)
        return torch.cat([first, matched], 1)

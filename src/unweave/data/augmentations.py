"""Augmentation of the sources of a batch before they are mixed, on their device; off in evaluation mode.

Each is a module on (B, J, T) as in Demucs, so that `train()` and `eval()` turn it on and off, and a chain of them is
built from names. What they draw comes from the CPU generator handed in and is the same on every device. The functions
for one waveform at a time are in `unweave.data.augment`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from unweave.data.energies import random_gain
from unweave.errors import UnweaveError
from unweave.registry import Registry


class Augmentation(nn.Module, ABC):
    """Changes the sources of each mixture.

    Args:
        sample_rate: of the sources, in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate

    def forward(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None = None) -> Tensor:
        """The sources changed, or as they are if this module is in evaluation mode.

        Args:
            sources: (B, J, T).
            generator: of what is drawn, on the CPU.
            bandwidths: what each source holds nothing above, in Hz, (B, J), on the CPU; None if it is not known.

        Shape:
            -> (B, J, T)
        """
        return self.change(sources, generator, bandwidths) if self.training else sources

    @abstractmethod
    def change(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None) -> Tensor:
        """See `forward`; whatever the mode."""


augmentations: Registry[Augmentation] = Registry("augmentation", "unweave.data")


class Chain(nn.Module):
    """Augmentations one after the other."""

    def __init__(self, steps: Sequence[Augmentation]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None = None) -> Tensor:
        """See `Augmentation.forward`."""
        for step in self.steps:
            sources = step(sources, generator, bandwidths)
        return sources


def build_augmentations(entries: Mapping[str, Mapping[str, Any] | None], sample_rate: int) -> Chain:
    """The chain of the augmentations named, in their order.

    Args:
        entries: from a name to what the augmentation is built with beside the sample rate, such as
            {"polarity": {}, "gain": {"decibels": 6}}.
        sample_rate: of the sources, in Hz.

    Raises:
        UnweaveError: a name that is not known, or arguments that do not fit.
    """
    return Chain(
        [augmentations.build(name, sample_rate=sample_rate, **(given or {})) for name, given in entries.items()]
    )


def low_pass(waves: Tensor, cutoff: Tensor, sample_rate: int) -> Tensor:
    """Take away all above a cutoff, with a raised-cosine edge over the tenth of the band below it.

    Args:
        waves: (B, ..., T).
        cutoff: of each row, in Hz, above 0, (B,).
        sample_rate: in Hz.

    Shape:
        -> (B, ..., T)
    """
    samples = waves.shape[-1]
    spectrum = torch.fft.rfft(waves)
    hertz = torch.arange(spectrum.shape[-1], device=waves.device) * (sample_rate / samples)
    edge = cutoff.to(waves.device, waves.dtype).reshape(-1, *[1] * (waves.dim() - 1))  # (B, 1, ..., 1)
    ramp = ((edge - hertz) / (0.1 * edge)).clamp(0, 1)
    passed: Tensor = torch.fft.irfft(spectrum * (0.5 - 0.5 * torch.cos(torch.pi * ramp)), samples)
    return passed


def _check_share(probability: float) -> None:
    if not 0 <= probability <= 1:
        raise UnweaveError(f"A probability lies between 0 and 1; got {probability}.")


@augmentations.register("shift")
class Shift(Augmentation):
    """Each source moved in time by itself.

    Args:
        sample_rate: of the sources, in Hz.
        seconds: evenly up to this far earlier or later.
        circular: what leaves at one end comes in at the other; otherwise silence comes in.
    """

    def __init__(self, sample_rate: int, seconds: float = 0.5, circular: bool = True) -> None:
        super().__init__(sample_rate)
        if seconds < 0:
            raise UnweaveError(f"Sources are shifted by 0 s or more; got {seconds}.")
        self.most, self.circular = round(seconds * sample_rate), circular

    def change(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None) -> Tensor:
        """See `Augmentation.change`."""
        later = torch.randint(-self.most, self.most + 1, (*sources.shape[:2], 1), generator=generator)
        place = torch.arange(sources.shape[2], device=sources.device) - later.to(sources.device)
        if self.circular:
            return sources.gather(2, place % sources.shape[2])
        inside = (place >= 0) & (place < sources.shape[2])
        return sources.gather(2, place.clamp(0, sources.shape[2] - 1)) * inside


@augmentations.register("polarity")
class Polarity(Augmentation):
    """Each source turned upside down or not.

    Args:
        sample_rate: of the sources, in Hz.
        probability: of being turned.
    """

    def __init__(self, sample_rate: int, probability: float = 0.5) -> None:
        super().__init__(sample_rate)
        _check_share(probability)
        self.probability = probability

    def change(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None) -> Tensor:
        """See `Augmentation.change`."""
        turned = torch.rand(*sources.shape[:2], 1, generator=generator) < self.probability
        return torch.where(turned.to(sources.device), -sources, sources)


@augmentations.register("gain")
class Gain(Augmentation):
    """Each source at a gain of its own. Energies are made equal afterwards, if they are ("match").

    Args:
        sample_rate: of the sources, in Hz.
        decibels: the gain is drawn evenly from plus and minus this many dB.
    """

    def __init__(self, sample_rate: int, decibels: float = 6.0) -> None:
        super().__init__(sample_rate)
        if decibels < 0:
            raise UnweaveError(f"Gains lie between plus and minus some dB, 0 or more; got {decibels}.")
        self.decibels = decibels

    def change(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None) -> Tensor:
        """See `Augmentation.change`."""
        return random_gain(sources, self.decibels, generator)


@augmentations.register("band-limit")
class BandLimit(Augmentation):
    """All sources of a mixture low-passed at one cutoff.

    Collections differ in bandwidth (speech often ends at 8 kHz, field recordings at 16), and a network would learn to
    tell sources apart by where they end. Cut at the same place, they can be told apart by their sound alone.

    Args:
        sample_rate: of the sources, in Hz.
        probability: of cutting a mixture anywhere.
        lowest: the cutoff is drawn evenly from this many Hz up to half the sample rate.
        narrowest: how often, of the other mixtures, to cut where the narrowest source ends, if bandwidths are known.
    """

    def __init__(
        self, sample_rate: int, probability: float = 0.15, lowest: float = 3000.0, narrowest: float = 0.6
    ) -> None:
        super().__init__(sample_rate)
        _check_share(probability)
        _check_share(narrowest)
        if not 0 < lowest < sample_rate / 2:
            raise UnweaveError(f"The lowest cutoff lies between 0 and {sample_rate / 2:g} Hz; got {lowest:g}.")
        self.probability, self.lowest, self.narrowest = probability, lowest, narrowest

    def change(self, sources: Tensor, generator: torch.Generator, bandwidths: Tensor | None) -> Tensor:
        """See `Augmentation.change`."""
        nyquist = self.sample_rate / 2
        anywhere, where, ends = torch.rand(3, len(sources), generator=generator)
        cutoff = torch.full((len(sources),), nyquist)
        if bandwidths is not None:
            known = torch.where(bandwidths > 0, bandwidths, nyquist).amin(1).clamp(max=nyquist).float()
            cutoff = torch.where(ends < self.narrowest, known, cutoff)
        cutoff = torch.where(anywhere < self.probability, self.lowest + where * (nyquist - self.lowest), cutoff)
        rows = torch.nonzero(cutoff < nyquist)[:, 0]  # on the CPU: nothing waits for the device
        if not len(rows):
            return sources
        there = rows.to(sources.device)
        return sources.index_copy(0, there, low_pass(sources[there], cutoff[rows], self.sample_rate))

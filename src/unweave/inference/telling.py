"""What the separator is told: in every segment a condition, wherever that comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from unweave.inference.recording import Samples
    from unweave.networks import Networks


class Telling(ABC):
    """Something that a separator can be told to return; what it is made of is its own business."""

    @abstractmethod
    def key(self) -> object:
        """Hashable, and equal for those that tell the same in every segment: their answer is computed once."""

    @abstractmethod
    def condition(self, model: Networks, probabilities: Tensor) -> Tensor:
        """The condition of each of n segments.

        Args:
            model: whose separator is told.
            probabilities: what the tagger heard in the segments.

        Shape:
            probabilities (n, K) -> (n, D)
        """

    def once_more(self, model: Networks, hear: Callable[[], Tensor]) -> Tensor | None:
        """The condition with which it is asked again in each segment, if there is one.

        Args:
            model: whose separator is told.
            hear: as what the tagger hears the first answers, heard when it is called.

        Shape:
            hear() (n, K) -> (n, D)
        """
        return None

    def parts(self) -> Sequence[Telling]:
        """What the separator is told, each by itself: itself, or several tellings of which the answer is made."""
        return (self,)

    def again(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples | None:
        """Another mixture in which the first part is asked for once more; None where once is enough.

        Args:
            mixture: the segment.
            sources: one for each part.
            sample_rate: in Hz.

        Shape:
            (C, T), each source (C, T) -> (C, T)
        """
        return None

    def join(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples:
        """The answer in a segment, made of what the separator returned for each of the parts.

        Args:
            mixture: the segment.
            sources: one for each part; then the first one as it was taken out of what `again` gave, if that was
                another mixture.
            sample_rate: in Hz.

        Shape:
            (C, T), each source (C, T) -> (C, T)
        """
        return sources[0]


def _each(index: int, probabilities: Tensor) -> Tensor:
    """One class for each of n segments: (n, K) -> (n,)."""
    import torch  # ways of asking explain themselves without it

    return torch.full((len(probabilities),), index, dtype=torch.int64, device=probabilities.device)


@dataclass(frozen=True, eq=False)
class ClassesTelling(Telling):
    """Return what sounds of some classes (Algorithm 3, lines 5 and 6).

    Attributes:
        mask: the classes, (K,).
        asked: index of the one class that was asked for by name, or None for a node of the ontology.
    """

    mask: NDArray[np.bool_]
    asked: int | None = None

    def key(self) -> object:
        """A node and its only child are told the same."""
        return self.mask.tobytes(), self.asked

    def condition(self, model: Networks, probabilities: Tensor) -> Tensor:
        """From what the tagger heard of the classes in each segment."""
        import torch  # ways of asking explain themselves without it

        assert model.condition is not None
        mask = torch.from_numpy(self.mask).to(probabilities.device)
        asked = None if self.asked is None else _each(self.asked, probabilities)
        return model.condition.from_classes(probabilities, mask, asked)

    def once_more(self, model: Networks, hear: Callable[[], Tensor]) -> Tensor | None:
        """A name with what its answer is heard as, if the condition has that."""
        if self.asked is None or model.condition is None:
            return None
        heard = hear()
        return model.condition.asked_again(heard, _each(self.asked, heard))


@dataclass(frozen=True, eq=False)
class VectorTelling(Telling):
    """Return what sounds like an example (equation 9): one condition for all segments.

    Attributes:
        vector: (D,).
    """

    vector: Tensor

    def key(self) -> object:
        """Itself: two examples never say quite the same."""
        return self

    def condition(self, model: Networks, probabilities: Tensor) -> Tensor:
        """The same in each."""
        return self.vector.to(probabilities.device).expand(len(probabilities), -1)

"""What the separator is told: in every segment a condition, wherever that comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unweave.inference.hierarchy import SMALLEST, known_mask

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

    def parts(self) -> Sequence[Telling]:
        """What the separator is told, each by itself: itself, or several tellings of which the answer is made."""
        return (self,)

    def join(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples:
        """The answer in a segment, made of what the separator returned for each of the parts.

        Args:
            mixture: the segment.
            sources: one for each part.
            sample_rate: in Hz.

        Shape:
            (C, T), each source (C, T) -> (C, T)
        """
        return sources[0]


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
        asked = None
        if self.asked is not None:
            asked = torch.full((len(probabilities),), self.asked, dtype=torch.int64, device=probabilities.device)
        told = model.condition.from_classes(probabilities, mask, asked)
        return told if self.asked is None else hinted(model, told, self.asked, probabilities)


def hinted(model: Networks, told: Tensor, asked: int, probabilities: Tensor) -> Tensor:
    """A class that is asked for by name, with a hint at what else is heard in each segment (`ModelSettings.hint`).

    A sound that is there may not be what its name has come to mean; the tagger then hears something else in its place,
    and the name alone is answered with next to nothing. All that is heard is told beside the name, the less surely that
    class itself (or one above or below it) is heard, compared with what is heard most surely, the more:

        max(name, hint * (1 - own / highest) * heard)

    Args:
        model: whose condition is a vector of classes; others are told as they are.
        told: by the name alone.
        asked: index of the class.
        probabilities: what the tagger heard in the segments.

    Shape:
        told (n, D), probabilities (n, K) -> (n, D)
    """
    import torch

    hint, ontology = model.settings.hint, model.ontology
    if hint == 0 or told.shape[1] != probabilities.shape[1]:
        return told
    assert model.condition is not None
    node = ontology.find(asked)
    kin = {*ontology.descendants(node), *(one.index for one in ontology.ancestors(node) if one.index is not None)}
    known = torch.from_numpy(known_mask(model)).to(probabilities.device)
    heard = probabilities * known
    own, highest = heard[:, sorted(kin)].amax(1), heard.amax(1)
    unsure = 1 - own / highest.clamp(min=SMALLEST)
    return torch.maximum(told, hint * unsure[:, None] * model.condition.from_classes(probabilities, known))


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

"""Soft probability condition: the tagger's clip probabilities (Section 3.4 and Algorithm 3 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.conditions.base import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags

SMALLEST = 1e-8  # below any probability that a sigmoid gives in practice; keeps the zero vector a zero vector


@conditions.register("soft")
class Soft(Condition):
    """What the tagger hears, as probabilities; for a node of the ontology, only those of its classes.

    Args:
        dim: K, the number of classes of the tagger.
        normalise: divide every vector by its maximum, so that the separator is told *what* to return and not how
            sure the tagger is, and answer a class that was asked for by name with its one-hot: a quiet class is
            then still separated. Off is the paper's behaviour.
        likeness: beside the one-hot of a name, what recordings of the class sound like to the tagger on average
            (equation 9), times this, in [0, 1]: a name says more by what it is like. These averages, `likenesses`
            (K, K) with a highest value of 1, are weights that a model brings; zero at first.

    Raises:
        UnweaveError: another likeness, or one without `normalise`.
    """

    def __init__(self, dim: int = 527, normalise: bool = False, likeness: float = 0.0) -> None:
        super().__init__()
        if not 0 <= likeness <= 1 or (likeness and not normalise):
            raise UnweaveError(
                f"A soft condition adds likeness to names by 0 to 1 and only if it is normalised, not by {likeness} "
                f"with normalise: {str(normalise).lower()}."
            )
        self.dim = dim
        self.normalise = normalise
        self.likeness = likeness
        self.likenesses = nn.Parameter(torch.zeros(dim, dim), requires_grad=False) if likeness else None

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The clip probabilities.

        Shape:
            Tags of B waveforms -> (B, K)
        """
        return self._scaled(tags.clip)

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The probabilities of the classes in the mask, zero elsewhere (Algorithm 3, lines 5 and 6).

        Shape:
            probabilities (B, K), mask (B, K) or (K,), asked (B,) or None -> (B, K)
        """
        if asked is not None and self.normalise:
            name = functional.one_hot(asked, self.dim).to(probabilities.dtype)
            if self.likenesses is None:
                return name
            return torch.maximum(name, self.likeness * self.likenesses[asked].to(name.dtype))
        return self._scaled(probabilities * mask.to(probabilities.dtype))

    def _scaled(self, vector: Tensor) -> Tensor:
        if not self.normalise:
            return vector
        return vector / vector.amax(dim=1, keepdim=True).clamp_min(SMALLEST)

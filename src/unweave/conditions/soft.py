"""Soft probability condition: the tagger's clip probabilities (Section 3.4 and Algorithm 3 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from unweave.conditions.base import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags

AGAIN = 0.5  # what an answer is heard as, beside the name that it was asked for by
SMALLEST = 1e-8  # below any probability that a sigmoid gives in practice; keeps the zero vector a zero vector


@conditions.register("soft")
class Soft(Condition):
    """What the tagger hears, as probabilities; for a node of the ontology, only those of its classes.

    Args:
        dim: K, the number of classes of the tagger.
        normalise: divide every vector by its maximum, so that the separator is told *what* to return and not how
            sure the tagger is, and answer a class that was asked for by name with its one-hot: a quiet class is
            then still separated. Off is the paper's behaviour.
        hint: beside the one-hot of a name, what is heard in the segment of the classes that are `alike`, the surest of
            all classes as this, in [0, 1]: a sound that the separator does not know again by its name is often heard
            as something like it. 0 for the name alone.

    `alike` (K, K) says as what recordings of each class are heard, a row for each name; a model brings it, and as long
    as nothing is in it there are no hints.

    Raises:
        UnweaveError: another hint, or one without `normalise`.
    """

    alike: Tensor | None

    def __init__(self, dim: int = 527, normalise: bool = False, hint: float = 0.0) -> None:
        super().__init__()
        if not 0 <= hint <= 1 or (hint and not normalise):
            raise UnweaveError(
                f"A soft condition gives hints of 0 to 1 beside a name and only if it is normalised, not of {hint} "
                f"with normalise: {str(normalise).lower()}."
            )
        self.dim = dim
        self.normalise = normalise
        self.hint, self.hints = hint, hint > 0
        self.register_buffer("alike", torch.zeros(dim, dim, dtype=torch.bool) if hint else None)

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The clip probabilities.

        Shape:
            Tags of B waveforms -> (B, K)
        """
        return self._scaled(tags.told)

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The probabilities of the classes in the mask, zero elsewhere (Algorithm 3, lines 5 and 6); a name by itself.

        Shape:
            probabilities (B, K), mask (B, K) or (K,), asked (B,) or None -> (B, K)
        """
        if asked is not None and self.normalise:
            name = functional.one_hot(asked, self.dim).to(probabilities.dtype)
            if self.alike is None:
                return name
            return torch.maximum(name, self.hint * self._scaled(probabilities) * self.alike[asked])
        return self._scaled(probabilities * mask.to(probabilities.dtype))

    def asked_again(self, heard: Tensor, asked: Tensor) -> Tensor | None:
        """The name, and by `AGAIN` what the answer is heard as, the surest class as 1."""
        if not self.normalise:
            return None
        return torch.maximum(functional.one_hot(asked, self.dim).to(heard.dtype), AGAIN * self._scaled(heard))

    def _scaled(self, vector: Tensor) -> Tensor:
        if not self.normalise:
            return vector
        return vector / vector.amax(dim=1, keepdim=True).clamp_min(SMALLEST)

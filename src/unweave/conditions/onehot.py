"""Hard one-hot condition: which classes, without how sure (Section 3.4 of the paper, "hard one-hot")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from unweave.conditions.base import Condition, conditions
from unweave.taggers.base import Tags


@conditions.register("onehot")
class OneHot(Condition):
    """Ones for the classes that are asked for, zeros elsewhere.

    Args:
        dim: K, the number of classes of the tagger.
        threshold: probability from which a class of an example counts as present, in [0, 1].
    """

    def __init__(self, dim: int = 527, threshold: float = 0.5) -> None:
        super().__init__()
        self.dim = dim
        self.threshold = threshold

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The classes that an example holds; where none is probable enough, the most probable one.

        Shape:
            Tags of B waveforms -> (B, K)
        """
        present = tags.told >= self.threshold
        top = functional.one_hot(tags.told.argmax(dim=1), self.dim).bool()
        return torch.where(present.any(dim=1, keepdim=True), present, top).to(tags.told.dtype)

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The mask itself, or the one class that was asked for by name.

        Shape:
            probabilities (B, K), mask (B, K) or (K,), asked (B,) or None -> (B, K)
        """
        if asked is not None:
            return functional.one_hot(asked, self.dim).to(probabilities.dtype)
        return mask.expand_as(probabilities).to(probabilities.dtype)

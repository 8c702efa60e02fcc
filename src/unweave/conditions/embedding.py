"""Latent embedding condition: the layer before the tagger's classifier (Section 3.4 of the paper)."""

from __future__ import annotations

from torch import Tensor

from unweave.conditions.base import Condition, conditions
from unweave.taggers.base import Tags


@conditions.register("embedding")
class Embedding(Condition):
    """The tagger's embedding of an example. It knows no classes: a separator is asked with example sounds.

    Args:
        dim: E, the size of the tagger's embedding.
    """

    by_class = False

    def __init__(self, dim: int = 2048) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The embedding.

        Shape:
            Tags of B waveforms -> (B, E)
        """
        return tags.embedding

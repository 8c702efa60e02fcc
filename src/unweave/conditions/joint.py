"""Segment prediction and embedding together: in the paper's Table 3 each of them wins somewhere.

Prediction is the better condition for classes that the tagger knows, embedding for sounds that it has no word for. One
vector that holds both can be asked by class, by example, or by an example whose class is known.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unweave.conditions.base import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags


@conditions.register("joint")
class Joint(Condition):
    """The tagger's clip probabilities, and after them its embedding.

    While it learns, one half or the other is left out now and then, so that the separator understands each alone: asked
    by class, there is no embedding.

    Args:
        classes: K of the tagger.
        embedding: E of the tagger.
        drop: share of the vectors that lose their embedding in training, and of those that lose their prediction, in
            [0, 0.5].

    Raises:
        UnweaveError: another share.
    """

    def __init__(self, classes: int = 527, embedding: int = 2048, drop: float = 0.25) -> None:
        super().__init__()
        if not 0 <= drop <= 0.5:
            raise UnweaveError(f"Each half of a joint condition can be left out in 0 to 0.5 of all cases, not {drop}.")
        self.classes, self.embedding, self.drop = classes, embedding, drop
        self.dim = classes + embedding

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """Both halves; in training, now and then only one.

        Shape:
            Tags of B waveforms -> (B, K + E)
        """
        heard, embedding = tags.told, tags.embedding
        if self.training and self.drop:
            chance = torch.rand(len(heard), 1, device=heard.device)
            heard = heard * (chance >= self.drop)
            embedding = embedding * (chance < 1 - self.drop)
        return torch.cat([heard, embedding], dim=1)

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The probabilities of the classes in the mask (Algorithm 3, lines 5 and 6), and no embedding.

        Shape:
            probabilities (B, K), mask (B, K) or (K,), asked (B,) or None -> (B, K + E)
        """
        heard = probabilities * mask.to(probabilities.dtype)
        return torch.cat([heard, heard.new_zeros(len(heard), self.embedding)], dim=1)

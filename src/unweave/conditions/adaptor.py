"""Adaptor: learnable layers on what a frozen tagger hears (Section 3.4.4 and Table 4 of the paper)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from unweave.conditions.base import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags

LAYERS = ("embedding", "clip")
_SLOPE = 0.01


@conditions.register("adaptor")
class Adaptor(Condition):
    """Two fully connected layers, each with a leaky ReLU and dropout.

    The tagger under it is frozen: no gradient goes back into the tags, whatever the tagger's weights allow.

    Args:
        dim: D, units of the second layer.
        inputs: size of what the tagger gives, E or K.
        hidden: units of the first layer.
        layer: of the tagger: "embedding", or "clip", its probabilities, with which a separator can be asked by class.
        dropout: after each layer, in [0, 1].

    Raises:
        UnweaveError: another layer.
    """

    def __init__(
        self,
        dim: int = 2048,
        inputs: int = 2048,
        hidden: int = 2048,
        layer: str = "embedding",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if layer not in LAYERS:
            raise UnweaveError(f"An adaptor stands on {' or '.join(LAYERS)} of a tagger, not on {layer!r}.")
        self.dim = dim
        self.layer = layer
        self.by_class = layer == "clip"
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)
        for linear in (self.fc1, self.fc2):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The adapted embedding, or probabilities.

        Shape:
            Tags of B waveforms -> (B, D)
        """
        return self._adapt(tags.told if self.by_class else tags.embedding)

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The adapted probabilities of the classes in the mask; an adaptor on embeddings needs an example.

        Shape:
            probabilities (B, K), mask (B, K) or (K,), asked (B,) or None -> (B, D)
        """
        if not self.by_class:
            return super().from_classes(probabilities, mask, asked)
        return self._adapt(probabilities * mask.to(probabilities.dtype))

    def _adapt(self, heard: Tensor) -> Tensor:
        x: Tensor = heard.detach()
        for linear in (self.fc1, self.fc2):
            x = self.dropout(functional.leaky_relu(linear(x), _SLOPE))
        return x

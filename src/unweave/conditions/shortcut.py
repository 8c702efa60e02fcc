"""Shortcut: a frozen tagger and a learnable clone beside it (Section 3.4.4 and Table 4 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from unweave.conditions.base import Condition, conditions
from unweave.conditions.reach import freeze_unreached
from unweave.errors import UnweaveError
from unweave.taggers.base import Tagger, Tags, taggers


@conditions.register("shortcut")
class Shortcut(Condition):
    """The embedding that the frozen tagger gives, plus that of a clone which learns with the separator.

    The clone hears for itself, so `forward` wants the waveforms too. It belongs to the condition, not to the model's
    tagger: the tags that a model shows and gates with stay those of the frozen one. Of the clone only what its
    embedding depends on can learn; its classifier is frozen, as no gradient would ever reach it.

    Args:
        tagger: registered name of the clone, the same as the model's tagger.
        arguments: that it is built with.
    """

    by_class = False
    listens = True

    def __init__(self, tagger: str = "panns-cnn14", arguments: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.clone = taggers.build(tagger, **dict(arguments or {}))
        self.dim = self.clone.embedding_dim
        _freeze_unheard(self.clone)

    def start_from(self, tagger: Tagger) -> None:
        """Give the clone the weights of the frozen tagger, as training starts.

        Raises:
            UnweaveError: a tagger of another kind.
        """
        try:
            self.clone.load_state_dict(tagger.state_dict())
        except RuntimeError as error:
            raise UnweaveError(
                f"A shortcut whose clone is a {type(self.clone).__name__} cannot start from this "
                f"{type(tagger).__name__}; name the model's own tagger, with its arguments, in the condition."
            ) from error

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The sum of the two embeddings; gradients go into the clone alone.

        Shape:
            Tags of waveform (B, T) -> (B, E)

        Raises:
            UnweaveError: no waveform.
        """
        if waveform is None:
            raise UnweaveError("The condition shortcut hears for itself: give it the waveform beside its tags.")
        heard: Tags = self.clone(waveform)
        return tags.embedding.detach() + heard.embedding


def _freeze_unheard(tagger: Tagger) -> None:
    """Freeze the weights that the embedding does not depend on, as a short silence shows."""
    training = tagger.training
    with torch.enable_grad():
        tags: Tags = tagger.eval()(torch.zeros(1, tagger.sample_rate // 10, dtype=torch.float32))
    tagger.train(training)
    freeze_unreached(tagger, tags.embedding)

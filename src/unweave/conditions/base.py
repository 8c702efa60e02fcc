"""What every condition promises: tags, or classes, in; the vector that tells the separator what to return, out.

Tagger + condition = the paper's query net (Section 3.4).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.registry import Registry
from unweave.taggers.base import Tags


class Condition(nn.Module, ABC):
    """Contract of all conditions.

    Attributes:
        dim: D, the size of the condition vector.
        by_class: whether `from_classes` works: whether a separator can be asked for a class without an example.
        by_example: whether `forward` works: whether a separator can be asked with an example.
        by_words: whether `from_words` works.
        hints: whether a name is told with what is heard beside it.
        listens: whether `forward` wants the waveforms beside their tags.
    """

    dim: int
    by_class: bool = True
    by_example: bool = True
    by_words: bool = False
    hints: bool = False
    listens: bool = False

    @abstractmethod
    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """The condition that describes what was tagged (an anchor segment, an example sound).

        Args:
            tags: what the model's tagger heard in B waveforms.
            waveform: those waveforms, for conditions that hear for themselves (`listens`). Who has them passes them;
                a caller that only has tags, say from a cache, can serve all other conditions.

        Shape:
            Tags of waveform (B, T) -> (B, D)
        """

    def from_classes(self, probabilities: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """The condition that asks for a group of classes (Algorithm 3, lines 5 and 6).

        Args:
            probabilities: what the tagger hears in each segment, (B, K).
            mask: the classes asked for, (B, K) or (K,), bool.
            asked: index of the one class that was asked for by name, (B,) int64, or None for a node of the ontology.

        Shape:
            -> (B, D)

        Raises:
            UnweaveError: this kind of condition needs an example.
        """
        raise UnweaveError(
            f"A model with the condition {type(self).__name__} cannot be asked by class; "
            "give it an example sound (--query)."
        )

    def asked_again(self, heard: Tensor, asked: Tensor) -> Tensor | None:
        """The condition that asks for a name once more, knowing the first answer; None where there is no such thing.

        Args:
            heard: as what the tagger hears the answers, (B, K).
            asked: index of the class, (B,) int64.

        Shape:
            -> (B, D)
        """
        return None

    def from_words(self, texts: Sequence[str]) -> Tensor:
        """The condition that each text asks for.

        Shape:
            n texts -> (n, D)

        Raises:
            UnweaveError: this kind of condition knows no words.
        """
        raise UnweaveError(f"A model with the condition {type(self).__name__} is not steered by words.")


conditions: Registry[Condition] = Registry("condition", "unweave.conditions")

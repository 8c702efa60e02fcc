"""What every tagger promises: a waveform in, tags out.

A *tagger* says which classes a recording holds; one that also says when is a *detector* (it fills `Tags.frames`).
Together with a condition it is the *query net* of the paper (Section 3.4).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unweave.registry import Registry


@dataclass
class Tags:
    """What a tagger heard.

    Attributes:
        clip: probabilities of each class for the whole input, (B, K) in [0, 1].
        frames: probabilities of each class over time, (B, F, K), or None if the tagger is no detector.
        embedding: the layer before the classifier, (B, E).
        own: probabilities that a separator is told, (B, K), where it learnt with others than those of `clip`.
    """

    clip: Tensor
    frames: Tensor | None
    embedding: Tensor
    own: Tensor | None = None

    @property
    def told(self) -> Tensor:
        """The probabilities of which a condition is made, (B, K)."""
        return self.clip if self.own is None else self.own

    def row(self, number: int) -> Tags:
        """Those of one waveform, without the dimension B."""
        frames, own = (None if part is None else part[number] for part in (self.frames, self.own))
        return Tags(self.clip[number], frames, self.embedding[number], own)

    @staticmethod
    def of_rows(rows: Sequence[Tags]) -> Tags:
        """The tags of which `row` gave these."""
        frames = [row.frames for row in rows if row.frames is not None]
        own = [row.own for row in rows if row.own is not None]
        return Tags(
            torch.stack([row.clip for row in rows]),
            torch.stack(frames) if frames else None,
            torch.stack([row.embedding for row in rows]),
            torch.stack(own) if own else None,
        )


class Tagger(nn.Module, ABC):
    """Contract of all taggers.

    Attributes:
        sample_rate: rate of the waveform that `forward` wants, in Hz.
        classes: K, the number of classes.
        embedding_dim: E.
        frame_rate: frames per second of `Tags.frames`, or None if the tagger gives none.
        rows_per_core: rows that a core of a CPU hears at once, while the other cores hear others; 0 for a network that
            spreads a whole batch over the cores by itself. Large taggers read their weights once for all of them.
        trunks: names of the methods that hold nearly all of the work, as those of a separator do
            (`unweave.separators.base.Separator`); what runs in 8 bits is these.
    """

    sample_rate: int
    classes: int
    embedding_dim: int
    frame_rate: float | None = None
    rows_per_core: int = 4
    trunks: tuple[str, ...] = ()

    @abstractmethod
    def forward(self, waveform: Tensor) -> Tags:
        """Tag a batch of mono waveforms.

        Shape:
            waveform (B, T), T >= 1, full scale 1.0 -> Tags
        """


taggers: Registry[Tagger] = Registry("tagger", "unweave.taggers")

"""What every separator promises: a mixture and a condition in, one source out.

A separator works in two steps, so that many classes of one recording cost little more than one: `encode` does all
that does not depend on the condition, once; `decode` does the rest, once for each condition.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unweave.registry import Registry


@dataclass
class Encoding:
    """What a separator knows of B mono mixtures before it is asked for anything.

    Attributes:
        tensors: batch-first tensors; what they are is the separator's own business.
        length: T, samples of the mixtures.
    """

    tensors: dict[str, Tensor]
    length: int

    def rows(self, index: Tensor) -> Encoding:
        """The encodings of the mixtures `index` (N,), int64; a row may be asked for several times."""
        count = len(next(iter(self.tensors.values())))
        times = len(index) // max(count, 1)
        if torch.equal(index.cpu(), torch.arange(count).repeat_interleave(times)):
            # Every row as often, side by side: learning from that is a sum, where an index wants a scattered one.
            return Encoding({name: _repeated(tensor, times) for name, tensor in self.tensors.items()}, self.length)
        return Encoding({name: tensor[index] for name, tensor in self.tensors.items()}, self.length)

    def split(self) -> list[Encoding]:
        """The encoding of each mixture, B of them with one row each; nothing is copied."""
        count = len(next(iter(self.tensors.values())))
        return [
            Encoding({name: tensor[i : i + 1] for name, tensor in self.tensors.items()}, self.length)
            for i in range(count)
        ]

    @staticmethod
    def join(encodings: Sequence[Encoding]) -> Encoding:
        """Encodings of mixtures of one length as one; an encoding may come several times."""
        if len(encodings) == 1:
            return encodings[0]
        tensors = {name: _joined([one.tensors[name] for one in encodings]) for name in encodings[0].tensors}
        return Encoding(tensors, encodings[0].length)


def _joined(rows: Sequence[Tensor]) -> Tensor:
    """Rows (1, ...) as a batch; those that were split from one and come in its order are not copied."""
    first, step = rows[0], rows[0].stride(0)
    place, strides, size = first.data_ptr(), first.stride(), first.element_size()
    for number, row in enumerate(rows):
        beside = row.data_ptr() == place + number * step * size and row.stride() == strides and len(row) == 1
        if not beside or row.requires_grad or row.untyped_storage().data_ptr() != first.untyped_storage().data_ptr():
            return torch.cat(list(rows))
    return first.as_strided((len(rows), *first.shape[1:]), strides)


def _repeated(x: Tensor, times: int) -> Tensor:
    """Each row `times` times, its layout in memory kept: (B, ...) -> (B times, ...)."""
    if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
        return _repeated(x.permute(0, 2, 3, 1), times).permute(0, 3, 1, 2)
    return x[:, None].expand(-1, times, *x.shape[1:]).flatten(0, 1)


class Separator(nn.Module, ABC):
    """Contract of all separators. They hear one channel at a time; channels are folded into the batch.

    Attributes:
        sample_rate: rate of the mixtures, in Hz.
        condition_dim: D.
        rows_per_core: rows that a core of a CPU takes through all layers at once, at most, while the other cores do
            the same with other rows; 0 for a network that spreads a whole batch over the cores by itself.
        trunks: names of the methods that hold the network between transform and mask. They take real-valued,
            batch-first tensors, give a tuple of such and treat each row alone once they no longer learn; an engine
            may run them in its own way (`unweave.engines`). A separator without trunks runs as it is.
    """

    sample_rate: int
    condition_dim: int
    rows_per_core: int = 1
    trunks: tuple[str, ...] = ()

    @abstractmethod
    def encode(self, mixture: Tensor) -> Encoding:
        """Everything before the first layer that the condition enters.

        Shape:
            mixture (B, T), T >= 1, full scale 1.0
        """

    @abstractmethod
    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """The source that each row's condition asks for.

        Shape:
            encoding of B mixtures, condition (B, D) -> (B, T)
        """

    def forward(self, mixture: Tensor, condition: Tensor) -> Tensor:
        """Separate.

        Shape:
            mixture (B, C, T), condition (B, D) -> (B, C, T)
        """
        batch, channels, samples = mixture.shape
        condition = condition.repeat_interleave(channels, dim=0)  # (B * C, D)
        source = self.decode(self.encode(mixture.reshape(batch * channels, samples)), condition)
        return source.reshape(batch, channels, samples)


separators: Registry[Separator] = Registry("separator", "unweave.separators")

"""PANNs CNN6, CNN10 and CNN14: one family of convolutional taggers (Kong et al., arXiv 1912.10211, Section III-A)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.mel import LogMel
from unweave.taggers.base import Tagger, Tags, taggers


class ConvBlock(nn.Module):
    """Convolutions, each normalised and rectified, then 2 x 2 averages (or none).

    Args:
        inputs, outputs: channels.
        kernel: side of the kernels, odd.
        convolutions: how many.
        pool: side of the averages; 1 keeps the size.

    Shape:
        (B, inputs, F, M) -> (B, outputs, F // pool, M // pool)
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, convolutions: int, pool: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([inputs] + [outputs] * convolutions):
            layers += [
                nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = self.layers(x)
        return functional.avg_pool2d(x, self.pool) if self.pool > 1 else x


class Panns(Tagger):
    """Log-mel, blocks of convolutions, a pool over time, two linear layers.

    Args:
        widths: channels of each block; the last one is E.
        kernel: side of the kernels.
        convolutions: convolutions in each block.
        pools: how many of the blocks, from the first on, halve time and frequency.
        classes: K.
    """

    sample_rate = 32000
    rows_per_core = 0  # each core that worked by itself would hold its own copy of a layer's weights in another order
    trunks = ("maps",)

    def __init__(self, widths: Sequence[int], kernel: int, convolutions: int, pools: int, classes: int = 527) -> None:
        super().__init__()
        self.classes = classes
        self.embedding_dim = widths[-1]
        self.reduction = 2**pools
        self.front = LogMel(self.sample_rate)
        self.norm = nn.BatchNorm1d(self.front.bands)
        self.blocks = nn.ModuleList(
            ConvBlock(before, after, kernel, convolutions, pool=2 if i < pools else 1)
            for i, (before, after) in enumerate(pairwise([1, *widths]))
        )
        self.hidden = nn.Linear(self.embedding_dim, self.embedding_dim)
        self.classifier = nn.Linear(self.embedding_dim, classes)
        self.block_dropout = nn.Dropout(0.2)
        self.dropout = nn.Dropout(0.5)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, waveform: Tensor) -> Tensor:
        """What the last block gives, averaged over frequency; inputs of too few frames are continued with silence.

        Shape:
            (B, T) -> (B, E, max(F // reduction, 1)), F = T // hop + 1
        """
        shortest = (self.reduction - 1) * self.front.stft.hop
        if waveform.shape[-1] < shortest:
            waveform = functional.pad(waveform, (0, shortest - waveform.shape[-1]))
        heard = self.norm(self.front(waveform).transpose(1, 2)).transpose(1, 2)
        (averaged,) = self.maps(heard[:, None].contiguous(memory_format=torch.channels_last))
        return averaged

    def maps(self, x: Tensor) -> tuple[Tensor]:
        """The blocks, a trunk; what they give is averaged over frequency.

        Shape:
            log-mel (B, 1, F, M) -> (B, E, F // reduction)
        """
        for block in self.blocks:
            x = self.block_dropout(block(x))
        return (x.mean(dim=3),)

    def forward(self, waveform: Tensor) -> Tags:
        """See `Tagger.forward`."""
        x = self.features(waveform)
        pooled = self.dropout(x.amax(dim=2) + x.mean(dim=2))
        embedding = self.dropout(torch.relu(self.hidden(pooled)))
        return Tags(clip=torch.sigmoid(self.classifier(embedding).float()), frames=None, embedding=embedding)


@taggers.register("panns-cnn6")
def panns_cnn6(classes: int = 527) -> Panns:
    """CNN6: 4 blocks of one 5 x 5 convolution, E = 512."""
    return Panns([64, 128, 256, 512], kernel=5, convolutions=1, pools=4, classes=classes)


@taggers.register("panns-cnn10")
def panns_cnn10(classes: int = 527) -> Panns:
    """CNN10: 4 blocks of two 3 x 3 convolutions, E = 512."""
    return Panns([64, 128, 256, 512], kernel=3, convolutions=2, pools=4, classes=classes)


@taggers.register("panns-cnn14")
def panns_cnn14(classes: int = 527) -> Panns:
    """CNN14, the paper's default: 6 blocks of two 3 x 3 convolutions, the last one not pooled, E = 2048."""
    return Panns([64, 128, 256, 512, 1024, 2048], kernel=3, convolutions=2, pools=5, classes=classes)

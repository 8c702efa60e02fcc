"""The tagger-detector in the box: a small convolutional network over log-mel patches, made for CPUs.

A strided stem turns 4 frames x 4 bands into one position, residual blocks follow, and every frame that is left is
classified. The clip's probability is pooled from the frames' by linear softmax, sum p^2 / sum p (Wang, Li and Metze,
2019), so that a detector is learnt from clip tags alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unweave.audio.mel import LogMel
from unweave.taggers.base import Tagger, Tags, taggers

RANGE_DB = 70.0  # that a `relative` tagger hears below the loudest band of a waveform
SILENT_DB = -60.0  # a loudest band below this is not blown up: some 80 dB below full scale


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, and a shortcut. (B, in, F, M) -> (B, out, F / stride, M / stride)."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        # The stride is taken by slicing: the backward pass of a strided 1x1 convolution over few channels writes
        # outside of its memory on some CPUs (torch 2.13, channels last, two threads).
        self.stride = stride
        self.shortcut = nn.Identity() if inputs == outputs and stride == (1, 1) else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        h = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(h)) + self.shortcut(x[:, :, :: self.stride[0], :: self.stride[1]]))


class SmallTagger(Tagger):
    """Patches of the log-mel spectrogram -> residual blocks -> probabilities of each frame -> of the clip.

    Args:
        classes: K.
        widths: channels after the stem and after each block.
        strides: (time, frequency) stride of each block.
        dropout: before the classifier.
        relative: hear every waveform relative to its own loudest moment, so that the recording's gain does not matter;
            False is how the first models of the box hear.
    """

    sample_rate = 32000

    def __init__(
        self,
        classes: int = 527,
        widths: Sequence[int] = (48, 64, 96, 192, 256),
        strides: Sequence[tuple[int, int]] = ((1, 1), (2, 2), (1, 2), (1, 2)),
        dropout: float = 0.2,
        relative: bool = False,
    ) -> None:
        super().__init__()
        patch, hop, bands = 4, 320, 64
        # The range of a relative one begins at its loudest moment, however quiet that is.
        floor = 10 ** ((SILENT_DB - RANGE_DB) / 10) if relative else 1e-10
        self.mel = LogMel(self.sample_rate, window_size=1024, hop=hop, bands=bands, floor=floor)
        self.relative = relative
        self.norm = nn.BatchNorm1d(bands)
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, patch, padding=2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(i, o, (s[0], s[1])) for i, o, s in zip(widths, widths[1:], strides, strict=False))
        )
        down = patch
        for stride in strides:
            down *= stride[0]
        self.context = nn.Conv1d(widths[-1], widths[-1], 5, padding=2)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], classes)
        self.reset_parameters()
        self.classes = classes
        self.embedding_dim = widths[-1]
        self.frame_rate: float = self.sample_rate / hop / down
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def reset_parameters(self) -> None:
        """Most classes are absent; start there."""
        nn.init.constant_(self.head.bias, -5.0)

    def logits_of_mel(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Frame logits (B, F', K), and the features under them (B, F', E), of a log-mel spectrogram (B, F, M)."""
        return self.answer(self.body(mel))

    def body(self, mel: Tensor) -> Tensor:
        """What is heard frame by frame, without what is around: (B, F, M) -> (B, E, F')."""
        if self.relative:
            loudest = mel.amax((1, 2), keepdim=True).clamp(min=SILENT_DB)
            mel = (mel - loudest).clamp(min=-RANGE_DB)
        x = self.norm(mel.transpose(1, 2)).transpose(1, 2)
        x = self.blocks(self.stem(x[:, None].contiguous(memory_format=torch.channels_last)))
        heard: Tensor = x.mean(3)
        return heard

    def answer(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The same as `logits_of_mel`, of what `body` gives."""
        x = x + torch.relu(self.context(x))
        features = x.transpose(1, 2)
        return self.head(self.dropout(features)), features

    @staticmethod
    def pool(frames: Tensor) -> Tensor:
        """Linear softmax over time: (B, F, K) -> (B, K)."""
        pooled: Tensor = frames.square().sum(1) / frames.sum(1).clamp(min=1e-7)
        return pooled

    def forward(self, waveform: Tensor) -> Tags:
        """Tag a batch; the embedding is the mean of the features over time.

        Shape:
            waveform (B, T) -> Tags
        """
        return self._tags(*self.logits_of_mel(self.mel(waveform)))

    def tags(self, powers: Tensor) -> Tags:
        """The same of power spectra (B, F, N), which is where an exported tagger begins."""
        return self._tags(*self.logits_of_mel(self.mel.decibels(powers)))

    def _tags(self, logits: Tensor, features: Tensor) -> Tags:
        frames = torch.sigmoid(logits.float())
        return Tags(clip=self.pool(frames), frames=frames, embedding=features.mean(1))


taggers.register("small")(SmallTagger)

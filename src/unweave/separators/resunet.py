"""The paper's separator: a residual U-Net on the spectrogram, steered in every layer (arXiv 2305.07447, III-E)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.stft import Stft, power
from unweave.errors import UnweaveError
from unweave.separators.base import Encoding, Separator, separators
from unweave.separators.film import Film, folded
from unweave.separators.masks import magnitude_phase_mask

# Slow running statistics, as published: the batches of a separator are small.
_MOMENTUM = 0.01
SLOPE = 0.01


class ConditionedLayer(nn.Module):
    """h = W * sigma(BN(x) + V c), equation 6: normalise, shift, leaky ReLU, then convolve.

    Args:
        channels: of the input.
        convolution: W, any layer on (B, channels, F, N).
        condition_dim: D.

    Shape:
        x (B, channels, F, N), shift V c (B, channels)
    """

    def __init__(self, channels: int, convolution: nn.Module, condition_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, momentum=_MOMENTUM)
        self.film = Film(condition_dim, channels)
        self.convolution = convolution

    def forward(self, x: Tensor, shift: Tensor) -> Tensor:
        """See the class."""
        if self.training:
            y = self.norm(x) + shift[:, :, None, None]
        else:
            scale, offset = folded(self.norm)
            # The numbers of a channel in the precision of its map.
            offset, scale = (offset + shift).to(x.dtype), scale.to(x.dtype)
            y = torch.addcmul(offset[:, :, None, None], x, scale[:, None, None])
        result: Tensor = self.convolution(functional.leaky_relu(y, SLOPE, inplace=True))
        return result


class PlainBlock(nn.Module):
    """Conditioned 3 x 3 convolutions in a row: the block of the paper's UNet.

    Shape:
        (B, inputs, F, N), one shift for each layer -> (B, outputs, F, N)
    """

    def __init__(self, inputs: int, outputs: int, condition_dim: int, convolutions: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            ConditionedLayer(before, nn.Conv2d(before, after, 3, padding=1, bias=False), condition_dim)
            for before, after in pairwise([inputs] + [outputs] * convolutions)
        )

    def forward(self, x: Tensor, shifts: Iterator[Tensor]) -> Tensor:
        """See the class."""
        for layer in self.layers:
            x = layer(x, next(shifts))
        return x

    def of_parts(self, parts: Sequence[Tensor], shifts: Iterator[Tensor]) -> Tensor:
        """The same for an input in parts, (B, some of the inputs, F, N) each, side by side in its channels."""
        return self(torch.cat(list(parts), dim=1), shifts)  # type: ignore[no-any-return]


class Shortcut(nn.Conv2d):
    """What goes past the layers of a block through a 1 x 1 convolution, and is added to what they give.

    Shape:
        x (B, inputs, F, N), y (B, outputs, F, N) -> (B, outputs, F, N)
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        """See the class."""
        return y + super().forward(x)


class ResidualBlock(PlainBlock):
    """The same beside a shortcut: the block of ResUNet. Where the width stays the shortcut is the input itself."""

    def __init__(self, inputs: int, outputs: int, condition_dim: int, convolutions: int) -> None:
        super().__init__(inputs, outputs, condition_dim, convolutions)
        self.shortcut = Shortcut(inputs, outputs) if inputs != outputs else None

    def forward(self, x: Tensor, shifts: Iterator[Tensor]) -> Tensor:
        """See the class."""
        return self.past(x, super().forward(x, shifts))

    def past(self, x: Tensor, y: Tensor) -> Tensor:
        """What the layers give with what goes past them: x (B, inputs, F, N), y (B, outputs, F, N) -> the same as y."""
        return y + x if self.shortcut is None else self.shortcut(x, y)


class DecoderStage(nn.Module):
    """Up-sample, join with what the encoder had at this size, convolve.

    Shape:
        (B, inputs, F, N), skip (B, outputs, F s0, N s1), shifts -> (B, outputs, F s0, N s1), stride (s0, s1)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: tuple[int, int],
        condition_dim: int,
        convolutions: int,
        block: type[PlainBlock] = ResidualBlock,
    ) -> None:
        super().__init__()
        self.stride = stride[0]
        up = nn.ConvTranspose2d(inputs, outputs, stride, stride=stride, bias=False)
        self.up = ConditionedLayer(inputs, up, condition_dim)
        self.block = block(2 * outputs, outputs, condition_dim, convolutions)

    def forward(self, x: Tensor, skip: Tensor, shifts: Iterator[Tensor], frames: int | None = None) -> Tensor:
        """See the class; `frames`: of the output, if not all are wanted."""
        if frames is not None:
            x, skip = x[:, :, : -(-frames // self.stride)], skip[:, :, :frames]
        return self.block.of_parts([self.up(x, next(shifts))[:, :, :frames], skip], shifts)


class ResUNet(Separator):
    """A U-Net over time and frequency whose every layer hears the condition.

    Each encoder stage halves time and frequency, the last one frequency alone. The condition enters from the first
    block on, so little can be shared between conditions: `encode` holds the STFT and its normalisation.

    Args:
        condition_dim: D.
        window_size, hop: of the STFT, samples; half the window must be a multiple of 2 ** len(widths).
        widths: channels of each encoder stage; the decoder mirrors them.
        bottleneck: blocks between encoder and decoder.
        convolutions: 3 x 3 convolutions in each block (2 in ResUNet30, 4 in ResUNet60).
        sample_rate: Hz.
        residual: whether the blocks have shortcuts; without them it is the paper's UNet.

    Raises:
        UnweaveError: a window that the stages cannot halve often enough.
    """

    trunks = ("logits",)

    def __init__(
        self,
        condition_dim: int,
        window_size: int = 2048,
        hop: int = 320,
        widths: Sequence[int] = (32, 64, 128, 256, 384, 384),
        bottleneck: int = 1,
        convolutions: int = 2,
        sample_rate: int = 32000,
        residual: bool = True,
    ) -> None:
        super().__init__()
        if window_size // 2 % 2 ** len(widths):
            raise UnweaveError(
                f"{len(widths)} stages need a window that is a multiple of {2 ** (len(widths) + 1)} samples, "
                f"not {window_size}."
            )
        self.sample_rate = sample_rate
        self.condition_dim = condition_dim
        self.stft = Stft(window_size, hop)
        block = ResidualBlock if residual else PlainBlock
        strides = [(2, 2)] * (len(widths) - 1) + [(1, 2)]
        self.frame_multiple = 2 ** (len(widths) - 1)
        self.norm = nn.BatchNorm1d(self.stft.bins, momentum=_MOMENTUM)
        self.first = nn.Conv2d(1, widths[0], 1)
        self.encoder = nn.ModuleList(
            block(before, after, condition_dim, convolutions) for before, after in pairwise([widths[0], *widths])
        )
        self.pools = nn.ModuleList(nn.AvgPool2d(stride) for stride in strides)
        self.bottleneck = nn.ModuleList(
            block(widths[-1], widths[-1], condition_dim, convolutions) for _ in range(bottleneck)
        )
        upwards = [widths[-1], *reversed(widths)]
        self.decoder = nn.ModuleList(
            DecoderStage(before, after, stride, condition_dim, convolutions, block)
            for (before, after), stride in zip(pairwise(upwards), reversed(strides), strict=True)
        )
        self.last = nn.Conv2d(widths[0], 3, 1)
        # Channels last is how CPUs convolve fastest.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def encode(self, mixture: Tensor) -> Encoding:
        """See `Separator.encode`."""
        spectrogram = self.stft(mixture)  # (B, N, F)
        # The floor keeps the gradient of the root finite in silence.
        features = self.norm(power(spectrogram).clamp(min=1e-10).sqrt()).transpose(1, 2)[:, None]  # (B, 1, F, N)
        # Without the top bin their number can be halved again and again.
        return Encoding({"spectrogram": spectrogram, "features": features[..., :-1]}, mixture.shape[-1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """See `Separator.decode`."""
        (logits,) = self.logits(encoding.tensors["features"], self.shifts(condition))
        # Logits of 0 for the top bin, which the network never saw: it stays silent.
        logits = functional.pad(logits, (0, 1)).transpose(2, 3)  # (B, 3, N, F)
        masked = magnitude_phase_mask(encoding.tensors["spectrogram"], logits)
        return self.stft.inverse(masked, encoding.length)

    def shifts(self, condition: Tensor) -> Tensor:
        """V c of all layers, in the order in which `logits` comes to them.

        Shape:
            (B, D) -> (B, sum of the layers' channels)
        """
        return torch.cat([layer.film.shift(condition) for layer in self._layers()], dim=1)

    def logits(self, features: Tensor, shifts: Tensor) -> tuple[Tensor]:
        """The network itself, a trunk.

        Shape:
            features (B, 1, F, N), shifts as `shifts` gives them -> (B, 3, F, N)
        """
        each = iter(torch.split(shifts, [layer.norm.num_features for layer in self._layers()], dim=1))
        frames = int(features.shape[2])  # a number also where an engine traces the network
        x = self.first(functional.pad(features, (0, 0, 0, -frames % self.frame_multiple)))
        skips: list[Tensor] = []
        for block, pool in zip(self.encoder, self.pools, strict=True):
            skips.append(block(x, each))
            x = pool(skips[-1])
        for block in self.bottleneck:
            x = block(x, each)
        for stage, wanted in zip(self.decoder, self._wanted(frames), strict=True):
            x = stage(x, skips.pop(), each, wanted)
        return (self.last(x)[:, :, :frames],)

    def _layers(self) -> list[ConditionedLayer]:
        return [module for module in self.modules() if isinstance(module, ConditionedLayer)]

    def _wanted(self, frames: int) -> list[int | None]:
        """How many frames each stage of the decoder must give: nobody hears those that complete a multiple.

        Each 3 x 3 convolution hears one frame beyond those that it gives. While the network learns all are kept: they
        belong to the statistics of its normalisations, as published.
        """
        counts: list[int | None] = []
        for stage in reversed(self.decoder):
            assert isinstance(stage, DecoderStage)
            frames += len(stage.block.layers)
            counts.insert(0, None if self.training else frames)
            frames = -(-frames // stage.stride)
        return counts


@separators.register("resunet30")
def resunet30(condition_dim: int, **geometry: Any) -> ResUNet:
    """ResUNet30 with the geometry of the published code and checkpoints; `geometry` as for `ResUNet`."""
    return ResUNet(condition_dim, **geometry)


@separators.register("resunet30-paper")
def resunet30_paper(condition_dim: int) -> ResUNet:
    """ResUNet30 with the window and the widths of the paper's Section 4.2.

    There are 32 convolutions beside those of 1 x 1: two in each of 13 blocks and one in each of 6 up-samplings, with
    the one block between encoder and decoder of the published code. Section 3.5 counts 4 such blocks, which would make
    38; it describes the ResUNet143 that the paper cites. ResUNet60 has 58 so, and would have 70.
    """
    return ResUNet(condition_dim, window_size=1024, widths=(32, 64, 128, 256, 512, 1024))


@separators.register("resunet60")
def resunet60(condition_dim: int, **geometry: Any) -> ResUNet:
    """ResUNet60: twice the convolutions in every block (Table 5); `geometry` as for `ResUNet`."""
    return ResUNet(condition_dim, convolutions=4, **geometry)

"""The paper's separator: a residual U-Net on the spectrogram, steered in every layer (arXiv 2305.07447, III-E)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.stft import Stft
from unweave.errors import UnweaveError
from unweave.separators.base import Encoding, Separator, separators
from unweave.separators.film import Film
from unweave.separators.masks import magnitude_phase_mask

# Slow running statistics, as published: the batches of a separator are small.
_MOMENTUM = 0.01
_SLOPE = 0.01


class ConditionedLayer(nn.Module):
    """h = W * sigma(BN(x) + V c), equation 6: normalise, shift, leaky ReLU, then convolve.

    Args:
        channels: of the input.
        convolution: W, any layer on (B, channels, F, N).
        condition_dim: D.
    """

    def __init__(self, channels: int, convolution: nn.Module, condition_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, momentum=_MOMENTUM)
        self.film = Film(condition_dim, channels)
        self.convolution = convolution

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        y = functional.leaky_relu(self.film(self.norm(x), condition), _SLOPE, inplace=True)
        result: Tensor = self.convolution(y)
        return result


class PlainBlock(nn.Module):
    """Conditioned 3 x 3 convolutions in a row: the block of the paper's UNet.

    Shape:
        (B, inputs, F, N), (B, D) -> (B, outputs, F, N)
    """

    def __init__(self, inputs: int, outputs: int, condition_dim: int, convolutions: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            ConditionedLayer(before, nn.Conv2d(before, after, 3, padding=1, bias=False), condition_dim)
            for before, after in pairwise([inputs] + [outputs] * convolutions)
        )

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        for layer in self.layers:
            x = layer(x, condition)
        return x


class ResidualBlock(PlainBlock):
    """The same beside a shortcut, which is a 1 x 1 convolution where the width changes: the block of ResUNet."""

    def __init__(self, inputs: int, outputs: int, condition_dim: int, convolutions: int) -> None:
        super().__init__(inputs, outputs, condition_dim, convolutions)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        y: Tensor = self.shortcut(x)
        return super().forward(x, condition) + y


class DecoderStage(nn.Module):
    """Up-sample, join with what the encoder had at this size, convolve.

    Shape:
        (B, inputs, F, N), skip (B, outputs, F s0, N s1), (B, D) -> (B, outputs, F s0, N s1), stride (s0, s1)
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
        up = nn.ConvTranspose2d(inputs, outputs, stride, stride=stride, bias=False)
        self.up = ConditionedLayer(inputs, up, condition_dim)
        self.block = block(2 * outputs, outputs, condition_dim, convolutions)

    def forward(self, x: Tensor, skip: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        y: Tensor = self.block(torch.cat([self.up(x, condition), skip], dim=1), condition)
        return y


class ResUNet(Separator):
    """A U-Net over time and frequency whose every layer hears the condition.

    Each encoder stage halves time and frequency, the last one frequency alone. The condition enters from the first
    block on, so little can be shared between conditions: `encode` holds the STFT, its normalisation and the first
    1 x 1 convolution.

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
        power = torch.view_as_real(spectrogram).square().sum(dim=-1)
        # The floor keeps the gradient of the root finite in silence.
        x = self.norm(power.clamp(min=1e-10).sqrt()).transpose(1, 2)[:, None]  # (B, 1, F, N)
        missing = -x.shape[2] % self.frame_multiple
        # Without the top bin their number can be halved again and again.
        features = self.first(functional.pad(x[..., :-1], (0, 0, 0, missing)))
        return Encoding({"spectrogram": spectrogram, "features": features}, mixture.shape[-1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """See `Separator.decode`."""
        spectrogram, x = encoding.tensors["spectrogram"], encoding.tensors["features"]
        skips: list[Tensor] = []
        for block, pool in zip(self.encoder, self.pools, strict=True):
            skips.append(block(x, condition))
            x = pool(skips[-1])
        for block in self.bottleneck:
            x = block(x, condition)
        for stage in self.decoder:
            x = stage(x, skips.pop(), condition)
        frames = spectrogram.shape[-1]
        # Logits of 0 for the top bin, which the network never saw: it stays silent.
        logits = functional.pad(self.last(x)[:, :, :frames], (0, 1)).transpose(2, 3)  # (B, 3, N, F)
        return self.stft.inverse(magnitude_phase_mask(spectrogram, logits), encoding.length)


@separators.register("resunet30")
def resunet30(condition_dim: int, **geometry: Any) -> ResUNet:
    """ResUNet30 with the geometry of the published code and checkpoints; `geometry` as for `ResUNet`."""
    return ResUNet(condition_dim, **geometry)


@separators.register("resunet30-paper")
def resunet30_paper(condition_dim: int) -> ResUNet:
    """ResUNet30 with the geometry that the paper's text gives."""
    return ResUNet(condition_dim, window_size=1024, widths=(32, 64, 128, 256, 512, 1024), bottleneck=4)


@separators.register("resunet60")
def resunet60(condition_dim: int, **geometry: Any) -> ResUNet:
    """ResUNet60: twice the convolutions in every block (Table 5); `geometry` as for `ResUNet`."""
    return ResUNet(condition_dim, convolutions=4, **geometry)

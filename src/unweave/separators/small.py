"""The separator in the box: a residual U-Net over patches of the spectrogram, made for CPUs and for many classes.

    mixture -> |STFT| -> patches -> encoder (shared by all classes) -> bottleneck -> decoder -> mask -> source
                                                                          ^            ^
                                                      condition ----------+------------+

The condition enters from the bottleneck on, so that a recording is encoded once and decoded once for each class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from unweave.audio.stft import Stft, magnitude
from unweave.separators.attention import Attention
from unweave.separators.base import Encoding, Separator, separators
from unweave.separators.film import folded
from unweave.separators.masks import magnitude_phase_mask

SLOPE = 0.01  # of the rectifiers below 0


class Modulation(nn.Module):
    """FiLM with shift and scale: h * (1 + W_s c) + W_b c. (B, C, N, F), (B, D) -> (B, C, N, F)."""

    def __init__(self, condition_dim: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(condition_dim, 2 * channels)
        nn.init.normal_(self.linear.weight, std=0.1)
        nn.init.zeros_(self.linear.bias)

    def numbers(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift of each channel, (B, C)."""
        scale, shift = self.linear(condition).chunk(2, dim=1)
        return 1 + scale, shift

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Modulate."""
        scale, shift = (each[:, :, None, None] for each in self.numbers(condition))
        return torch.addcmul(shift, x, scale)


class Block(nn.Module):
    """Pre-activation residual block; modulated where `condition_dim` is given. (B, C, N, F) -> (B, C, N, F)."""

    def __init__(self, channels: int, condition_dim: int | None = None) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.films = nn.ModuleList(Modulation(condition_dim, channels) for _ in range(2)) if condition_dim else None

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Apply the block."""
        if not self.training and not torch.is_grad_enabled():
            return self._infer(x, condition)
        h = x
        for i, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
            h = norm(h)
            if self.films is not None and condition is not None:
                h = self.films[i](h, condition)
            h = conv(nn.functional.leaky_relu(h, SLOPE))
        return x + h

    def modulation(self, number: int, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        """Scale and shift of each channel in which norm and FiLM of a layer are one, (1, C) or (B, C)."""
        scale, shift = (each[None] for each in folded(cast(nn.BatchNorm2d, self.norms[number])))
        if self.films is None or condition is None:
            return scale, shift
        more, add = cast(Modulation, self.films[number]).numbers(condition)
        return scale * more, torch.addcmul(add, shift, more)

    def _infer(self, x: Tensor, condition: Tensor | None) -> Tensor:
        """The same without a backward pass: norm and modulation in one pass over the map, the rest in place."""
        h = x
        for number, conv in enumerate(self.convs):
            scale, shift = (each[:, :, None, None].to(h.dtype) for each in self.modulation(number, condition))
            h = conv(nn.functional.leaky_relu_(torch.addcmul(shift, h, scale), SLOPE))
        return h.add_(x)


class Blocks(Block):
    """A block, and `deep` - 1 more behind it; weights of a single one are named as those of a `Block`."""

    def __init__(self, channels: int, deep: int) -> None:
        super().__init__(channels)
        self.more = nn.ModuleList(Block(channels) for _ in range(deep - 1))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Apply them all."""
        x = super().forward(x)
        for block in self.more:
            x = block(x)
        return x


class SmallSeparator(Separator):
    """Patches of |STFT| -> U-Net with additive skips -> a magnitude and phase mask of every bin.

    Args:
        condition_dim: D.
        widths: channels of each level; the last is the bottleneck.
        window_size, hop: of the STFT, in samples.
        patch: bins and frames that make one position.
        strides: (bins, frames) that each step down halves or keeps.
        hidden: size that the condition is reduced to before it modulates the blocks.
        bottleneck: blocks at the lowest level.
        deep: blocks at each level of the encoder; they run once for all classes.
        attention: heads of the attention over the positions of the bottleneck, before the condition; 0 for none.
    """

    sample_rate = 32000
    trunks = ("features", "logits")
    rows_per_core = 4  # small maps: one or two rows take slower ways through torch's convolutions

    def __init__(
        self,
        condition_dim: int = 527,
        widths: Sequence[int] = (48, 64, 96, 144, 208),
        window_size: int = 2048,
        hop: int = 640,
        patch: tuple[int, int] = (8, 2),
        strides: Sequence[tuple[int, int]] = ((2, 2), (2, 2), (2, 2), (2, 1)),
        hidden: int = 128,
        bottleneck: int = 1,
        deep: int = 1,
        attention: int = 0,
    ) -> None:
        super().__init__()
        self.condition_dim = condition_dim
        self.patch = bins, frames = patch[0], patch[1]
        self.bins = window_size // 2
        self.down = frames * math.prod(stride[1] for stride in strides)  # frames that the lowest level takes as one
        self.stft = Stft(window_size, hop)
        self.stem = nn.Conv2d(1, widths[0], (bins, 2 * frames - 1), patch, padding=(0, frames - 1))
        self.frequency = nn.Parameter(0.02 * torch.randn(1, widths[0], self.bins // bins, 1))
        self.encoder = nn.ModuleList(Blocks(width, deep) for width in widths[:-1])
        steps = [(i, o, (s[0], s[1])) for i, o, s in zip(widths, widths[1:], strides, strict=False)]
        self.downs = nn.ModuleList(nn.Conv2d(i, o, s, stride=s) for i, o, s in steps)
        reduce = nn.Linear(condition_dim, hidden)
        self.embed = nn.Sequential(reduce, nn.LeakyReLU(0.01), nn.Linear(hidden, hidden))
        # A one-hot condition touches one column only: were it small, the classes would hardly differ at first.
        nn.init.normal_(reduce.weight, std=0.5)
        rows = self.bins // bins // math.prod(stride[0] for stride in strides[: len(steps)])
        self.overview = Attention(widths[-1], attention, rows) if attention else None
        self.middle = nn.ModuleList(Block(widths[-1], hidden) for _ in range(bottleneck))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(o, i, s, stride=s) for i, o, s in reversed(steps))
        self.decoder = nn.ModuleList(Block(width, hidden) for width in reversed(widths[:-1]))
        self.head = nn.Conv2d(widths[0], 3 * bins * frames, 1)
        # Start near what every target is on average: half the mixture, in its own phase.
        nn.init.normal_(self.head.weight, std=0.02)
        start = torch.tensor([0.0, 1.0, 0.0]).repeat_interleave(bins * frames)
        self.head.bias = nn.Parameter(start)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def encode(self, mixture: Tensor) -> Encoding:
        """Spectrogram, its encoding at each level, nothing of it for a class in particular."""
        spectrogram = self.stft(mixture)[:, : self.bins]  # (B, N, F), the top bin is left out
        bottom, *skips = self.features(self.picture(magnitude(spectrogram)))
        tensors = {f"skip{depth}": skip for depth, skip in enumerate(skips)}
        return Encoding({"spectrogram": spectrogram, "bottom": bottom, **tensors}, mixture.shape[-1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """The mask that the condition asks for, applied."""
        spectrogram, *features = encoding.tensors.values()
        (logits,) = self.logits(self.embed(condition), *features)
        logits = logits[:, :, : spectrogram.shape[2]].transpose(2, 3)
        source = magnitude_phase_mask(spectrogram, logits)
        # The top bin, put there as the others lie in memory: frame by frame.
        source = nn.functional.pad(source.transpose(1, 2), (0, 1)).transpose(1, 2)
        return self.stft.inverse(source, encoding.length)

    def picture(self, magnitude: Tensor) -> Tensor:
        """What the network looks at: (B, N, F) -> (B, 1, N, F'), F' a multiple of the frames of the lowest level."""
        # Levels of recordings differ; what a sound is does not depend on them.
        level = magnitude.square().mean((1, 2), keepdim=True).sqrt().clamp(min=1e-6)
        x = torch.log(magnitude / level + 1e-3)[:, None]
        return nn.functional.pad(x, (0, -x.shape[3] % self.down))

    def features(self, x: Tensor) -> tuple[Tensor, ...]:
        """The encoder, a trunk.

        Shape:
            x (B, 1, N, F) -> the bottleneck's input and the skips from the top down, (B, width, N', F') each
        """
        h = self.stem(x.contiguous(memory_format=torch.channels_last)) + self.frequency
        skips = []
        for block, down in zip(self.encoder, self.downs, strict=True):
            h = block(h)
            skips.append(h)
            h = down(h)
        return (h if self.overview is None else self.overview(h), *skips)

    def logits(self, c: Tensor, bottom: Tensor, *skips: Tensor) -> tuple[Tensor]:
        """The bottleneck and the decoder, a trunk.

        Shape:
            condition reduced (B, hidden), features as `features` gives them -> (B, 3, F, N)
        """
        h = bottom
        for block in self.middle:
            h = block(h, c)
        for up, block, skip in zip(self.ups, self.decoder, reversed(skips), strict=True):
            h = block(_up_and_add(cast(nn.ConvTranspose2d, up), h, skip), c)
        return (self._head(h),)

    def _head(self, h: Tensor) -> Tensor:
        """Three numbers for each bin: (B, C, N / high, F / wide) -> (B, 3, F, N), laid out as a spectrogram is."""
        high, wide = self.patch
        batch, _, rows, columns = h.shape
        # The numbers of a patch frame by frame, so that bins which lie side by side are copied side by side.
        order = (3, high, wide)
        weight = self.head.weight.reshape(*order, -1).transpose(1, 2).flatten(0, 2)
        bias = cast(Tensor, self.head.bias).reshape(order).transpose(1, 2).flatten()
        logits = nn.functional.linear(h.permute(0, 2, 3, 1), weight, bias)
        logits = logits.reshape(batch, rows, columns, 3, wide, high).permute(0, 3, 2, 4, 1, 5)
        return logits.reshape(batch, 3, columns * wide, rows * high)


def _up_and_add(up: nn.ConvTranspose2d, h: Tensor, skip: Tensor) -> Tensor:
    """up(h) + skip, as the matrix product that it is where the kernel is as large as the stride.

    (B, in, N, F), (B, out, N s0, F s1) -> (B, out, N s0, F s1)
    """
    batch, _, rows, columns = h.shape
    high, wide = up.kernel_size
    weight = up.weight.permute(2, 3, 1, 0).flatten(0, 2)  # (s0 s1 out, in)
    bias = cast(Tensor, up.bias).repeat(high * wide)
    patches = nn.functional.linear(h.permute(0, 2, 3, 1), weight, bias).reshape(batch, rows, columns, high, wide, -1)
    there = skip.permute(0, 2, 3, 1).reshape(batch, rows, high, columns, wide, -1)
    joined = there + patches.transpose(2, 3)  # (B, N, s0, F, s1, out), laid out as the first of them: no copy
    return joined.reshape(batch, rows * high, columns * wide, -1).permute(0, 3, 1, 2)


separators.register("small")(SmallSeparator)

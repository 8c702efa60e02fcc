"""Conv-TasNet with a condition: separation in a learnt basis, without a spectrogram (Table 5 of arXiv 2305.07447).

    mixture -> encoder -> norm, 1 x 1 -> blocks of dilated convolutions, shifted by the condition -> mask
                  |                                                                                    |
                  +------------------------------------- x <-------------------------------------------+-> decoder

After Luo and Mesgarani, "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech Separation",
IEEE/ACM TASLP 27(8), 2019, whose letters for the sizes stand in brackets below.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.errors import UnweaveError
from unweave.separators.base import Encoding, Separator, separators
from unweave.separators.film import Film

_EPSILON = 1e-8


class CumulativeNorm(nn.Module):
    """Normalises each frame by the mean and variance of all channels up to and including it (cLN).

    Shape:
        (B, C, F) -> (B, C, F)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        count = torch.arange(1, x.shape[2] + 1, device=x.device)
        mean = x.mean(dim=1, keepdim=True).cumsum(dim=2) / count  # (B, 1, F)
        power = x.square().mean(dim=1, keepdim=True).cumsum(dim=2) / count
        # Rounding can make the difference of two nearly equal numbers negative.
        scale = ((power - mean.square()).clamp(min=0) + _EPSILON).rsqrt()
        result: Tensor = (x - mean) * scale * self.weight + self.bias
        return result


def normalisation(channels: int, causal: bool) -> nn.Module:
    """Global over channels and time (gLN), or cumulative (cLN) where the future must not be known."""
    return CumulativeNorm(channels) if causal else nn.GroupNorm(1, channels, eps=_EPSILON)


class Widening(nn.Sequential):
    """The first half of a block, before the condition: (B, bottleneck, F) -> (B, hidden, F)."""

    def __init__(self, bottleneck: int, hidden: int, causal: bool) -> None:
        super().__init__(nn.Conv1d(bottleneck, hidden, 1), nn.PReLU(), normalisation(hidden, causal))


class SteeredBlock(nn.Module):
    """The second half: shift by the condition, convolve each channel along time, give to the next block and the mask.

    Args:
        bottleneck, hidden, skip: channels between blocks, within them, and towards the mask.
        kernel, dilation: of the convolution along time, in frames.
        condition_dim: D.
        causal: no frame hears a later one.
        last: no block follows, and so nothing is given to it.
    """

    def __init__(
        self,
        bottleneck: int,
        hidden: int,
        skip: int,
        kernel: int,
        dilation: int,
        condition_dim: int,
        causal: bool,
        last: bool,
    ) -> None:
        super().__init__()
        self.film = Film(condition_dim, hidden)
        reach = (kernel - 1) * dilation
        self.padding = (reach, 0) if causal else (reach // 2, reach - reach // 2)
        self.depthwise = nn.Conv1d(hidden, hidden, kernel, dilation=dilation, groups=hidden)
        self.after = nn.Sequential(nn.PReLU(), normalisation(hidden, causal))
        self.skip = nn.Conv1d(hidden, skip, 1)
        self.residual = None if last else nn.Conv1d(hidden, bottleneck, 1)

    def forward(self, x: Tensor, wide: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Steer.

        Shape:
            x (B, bottleneck, F), x widened (B, hidden, F), (B, D) -> x of the next block, (B, skip, F)
        """
        y = self.depthwise(functional.pad(self.film(wide, condition), self.padding))
        y = self.after(y)
        return x if self.residual is None else x + self.residual(y), self.skip(y)


@separators.register("convtasnet")
class ConvTasNet(Separator):
    """Encoder, temporal convolutional network, mask, decoder; every block of the network hears the condition.

    The defaults are the paper's best, with its window of 2 ms at 32 kHz; the blocks then hear 1.5 s. Neither encoder
    nor decoder has a bias, so that silence stays silent.

    Args:
        condition_dim: D.
        filters: of the encoder and the decoder (N).
        window: samples of each filter (L), even; frames are half of it apart.
        bottleneck: channels between blocks (B).
        hidden: channels within a block (H).
        skip: channels towards the mask (Sc).
        kernel: frames of the convolutions along time (P).
        blocks: in each repeat (X), with dilations 1, 2, 4, ...
        repeats: of the blocks (R).
        causal: cumulative normalisation and convolutions of the past alone, for use while a sound still arrives; what
            comes out then depends on at most one window to come. Else normalisation is global.
        sample_rate: Hz.

    Raises:
        UnweaveError: an odd window, or no block.
    """

    def __init__(
        self,
        condition_dim: int,
        filters: int = 512,
        window: int = 64,
        bottleneck: int = 128,
        hidden: int = 512,
        skip: int = 128,
        kernel: int = 3,
        blocks: int = 8,
        repeats: int = 3,
        causal: bool = False,
        sample_rate: int = 32000,
    ) -> None:
        super().__init__()
        if window < 2 or window % 2:
            raise UnweaveError(f"Conv-TasNet needs an even window of at least 2 samples, not {window}.")
        if blocks < 1 or repeats < 1:
            raise UnweaveError(f"Conv-TasNet needs at least one block, not {repeats} times {blocks}.")
        self.sample_rate = sample_rate
        self.condition_dim = condition_dim
        self.hop = window // 2
        self.encoder = nn.Conv1d(1, filters, window, stride=self.hop, bias=False)
        self.reduce = nn.Sequential(normalisation(filters, causal), nn.Conv1d(filters, bottleneck, 1))
        dilations = [2**power for power in range(blocks)] * repeats
        final = len(dilations) - 1
        self.widenings = nn.ModuleList(Widening(bottleneck, hidden, causal) for _ in dilations)
        self.blocks = nn.ModuleList(
            SteeredBlock(bottleneck, hidden, skip, kernel, dilation, condition_dim, causal, last=i == final)
            for i, dilation in enumerate(dilations)
        )
        self.mask = nn.Sequential(nn.PReLU(), nn.Conv1d(skip, filters, 1), nn.Sigmoid())
        self.decoder = nn.ConvTranspose1d(filters, 1, window, stride=self.hop, bias=False)

    def encode(self, mixture: Tensor) -> Encoding:
        """See `Separator.encode`: all up to the shift of the first block."""
        samples = mixture.shape[-1]
        # With half a window of silence at either end, every sample lies in two frames.
        padded = functional.pad(mixture, (self.hop, self.hop + -samples % self.hop))
        basis = self.encoder(padded[:, None])  # (B, N, F)
        x = self.reduce(basis)
        return Encoding({"basis": basis, "x": x, "wide": self.widenings[0](x)}, samples)

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """See `Separator.decode`."""
        basis, x, wide = (encoding.tensors[name] for name in ("basis", "x", "wide"))
        total = basis.new_zeros(())
        for i, (widening, block) in enumerate(zip(self.widenings, self.blocks, strict=True)):
            x, skip = block(x, widening(x) if i else wide, condition)
            total = total + skip
        source: Tensor = self.decoder(basis * self.mask(total))[:, 0]
        return source[:, self.hop : self.hop + encoding.length]

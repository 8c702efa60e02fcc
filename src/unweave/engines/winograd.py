"""Convolutions with fewer multiplications: F(4 x 4, 3 x 3) of Lavin and Gray, arXiv 1509.09308.

    Y = A^T [ (G g G^T) * (B^T d B) ] A        d: 6 x 6 of the input, g: 3 x 3 kernel, Y: 4 x 4 of the output

For each pair of channels 36 multiplications do what 144 did, in floating point of the same width. What is saved are
multiplications between channels, and what is paid are two transforms of each channel and four times the weights: that
is worth while for layers with many channels. Both transforms are products with a constant matrix here, so that plain
operators do it all.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

FEWEST = 128  # channels on either side from which it is faster where an engine translates it
STRIP_BYTES = 2**21  # of tiles, for each thread: what a strip needs stays in the caches of a core
FEWEST_TILES = 64  # that a strip should have, so that the products between channels are large enough to be quick

_INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_KERNEL = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))  # times 24
_OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


class Winograd(nn.Module):
    """What a 3 x 3 convolution with padding 1 and without bias does, to within rounding.

    Args:
        convolution: whose weights are taken over.

    Shape:
        (B, inputs, F, N) -> (B, outputs, F, N)
    """

    kernel: Tensor
    before: Tensor
    after: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        weight = convolution.weight.detach()
        side, into, out = (_matrix(rows, weight, torch.float64) for rows in (_KERNEL, _INPUT, _OUTPUT))
        kernel = torch.kron(side, side).div(24 * 24).float() @ weight.permute(2, 3, 1, 0).reshape(9, -1)
        self.register_buffer("kernel", kernel.reshape(36, weight.shape[1], -1))  # (36, inputs, outputs)
        self.register_buffer("before", torch.kron(into, into).float())  # (36, 36)
        self.register_buffer("after", torch.kron(out, out).float())  # (16, 36)

    def forward(self, x: Tensor) -> Tensor:
        """See the class; all tiles at once, in operators that every engine can translate."""
        batch, channels, height, width = (int(size) for size in x.shape)  # numbers also where it is traced
        high, wide = -(-height // 4), -(-width // 4)  # tiles
        x = functional.pad(x, (1, 4 * wide - width + 3, 1, 4 * high - height + 3)).permute(0, 2, 3, 1)
        x = x.reshape(batch, high + 1, 4, wide + 1, 4, channels).permute(2, 4, 0, 1, 3, 5)
        # Tiles of 6 x 6 are those of 4 x 4 with two rows and two columns of their neighbours.
        x = torch.cat([x[:, :, :, :-1], x[:2, :, :, 1:]], dim=0)
        x = torch.cat([x[:, :, :, :, :-1], x[:, :2, :, :, 1:]], dim=1)  # (6, 6, B, high, wide, inputs)
        x = (self.before @ x.reshape(36, -1)).reshape(36, -1, channels) @ self.kernel
        y = (self.after @ x.reshape(36, -1)).reshape(4, 4, batch, high, wide, -1).permute(2, 3, 0, 4, 1, 5)
        return y.reshape(batch, 4 * high, 4 * wide, -1)[:, :height, :width].permute(0, 3, 1, 2)


class WinogradStrips(Winograd):
    """The same for PyTorch by itself: strip after strip of tiles, so that no map is ever there 36/16 times.

    Each transform is taken as it is written above, along one side of the tiles and then along the other.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__(convolution)
        self.before, self.after = (_matrix(rows, self.kernel, torch.float32) for rows in (_INPUT, _OUTPUT))

    def forward(self, x: Tensor) -> Tensor:
        """See `Winograd`."""
        batch, channels, height, width = x.shape
        outputs, high, wide = self.kernel.shape[2], -(-height // 4), -(-width // 4)
        x = x.permute(0, 2, 3, 1)  # as it lies in memory
        y = x.new_empty(batch, high, 4, wide, 4, outputs)
        most = max(FEWEST_TILES, STRIP_BYTES * torch.get_num_threads() // (36 * 4 * (channels + outputs)))
        rows, lines = max(1, most // (high * wide)), max(1, min(high, most // wide))  # of the batch, of tiles
        for row in range(0, batch, rows):
            for line in range(0, high, lines):
                # Lines of its map; tiles at the edges of the map are filled up.
                top, end = 4 * line - 1, 4 * min(line + lines, high) + 1
                around = (0, 0, 1, 4 * wide - width + 1, max(0, -top), max(0, end - height))
                strip = functional.pad(x[row : row + rows, max(0, top) : end], around)
                tiles = strip.unfold(1, 6, 4).unfold(2, 6, 4).permute(4, 5, 0, 1, 2, 3)
                heard = self.before @ (self.before @ tiles.reshape(6, -1)).view(6, 6, -1)
                said = heard.view(36, -1, channels) @ self.kernel
                here = (self.after @ (self.after @ said.view(6, -1)).view(4, 6, -1)).view(4, 4, *tiles.shape[2:5], -1)
                y[row : row + rows, line : line + lines] = here.permute(2, 3, 0, 4, 1, 5)
        return y.view(batch, 4 * high, 4 * wide, outputs)[:, :height, :width].permute(0, 3, 1, 2)


def _matrix(rows: tuple[tuple[int, ...], ...], beside: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.tensor(rows, dtype=dtype, device=beside.device)


def use_winograd(network: nn.Module, most: int) -> None:
    """Replace, in place, the convolutions of a network for which it is worth while, up to `most` channels."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d) and is_plain(child) and _worth_while(child, most):
                setattr(module, name, Winograd(child))


def is_plain(convolution: nn.Conv2d) -> bool:
    """Whether it is one that can be written so."""
    one = (1, 1)
    plain = convolution.stride == convolution.padding == convolution.dilation == one and convolution.groups == 1
    zeros = convolution.padding_mode == "zeros"
    return plain and zeros and convolution.kernel_size == (3, 3) and convolution.bias is None


def _worth_while(convolution: nn.Conv2d, most: int) -> bool:
    channels = convolution.in_channels, convolution.out_channels
    return min(channels) >= FEWEST and max(channels) <= most

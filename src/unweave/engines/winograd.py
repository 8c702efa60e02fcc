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

FEWEST = 128  # channels on either side from which it is faster

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
        side, into, out = (torch.tensor(rows, dtype=torch.float64) for rows in (_KERNEL, _INPUT, _OUTPUT))
        weight = convolution.weight.detach()
        kernel = torch.kron(side, side).div(24 * 24).float() @ weight.flatten(2).permute(2, 1, 0).flatten(1)
        self.register_buffer("kernel", kernel.reshape(36, weight.shape[1], -1))  # (36, inputs, outputs)
        self.register_buffer("before", torch.kron(into, into).float())  # (36, 36)
        self.register_buffer("after", torch.kron(out, out).float())  # (16, 36)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
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


def use_winograd(network: nn.Module, most: int) -> None:
    """Replace, in place, the convolutions of a network for which it is worth while, up to `most` channels."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d) and _worth_while(child, most):
                setattr(module, name, Winograd(child))


def _worth_while(convolution: nn.Conv2d, most: int) -> bool:
    one = (1, 1)
    plain = convolution.stride == convolution.padding == convolution.dilation == one and convolution.groups == 1
    channels = convolution.in_channels, convolution.out_channels
    wide = min(channels) >= FEWEST and max(channels) <= most
    return wide and plain and convolution.kernel_size == (3, 3) and convolution.bias is None

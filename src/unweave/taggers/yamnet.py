"""The body of YAMNet: patches of a log-mel spectrogram -> features that have heard AudioSet.

YAMNet (Google, Apache-2.0) is MobileNet v1 (Howard et al., 2017) over patches of 0.96 s at 16 kHz. What lies around the
body, its own spectrogram and its classifier, is `unweave.data.yamnet.Yamnet`; `unweave.taggers.two_ears` hears with it.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

BANDS, FRAMES = 64, 96  # of a patch
FEATURES = 1024
FLOOR = 0.001  # added to a band's magnitude before its logarithm
LOWEST, HIGHEST = 125.0, 7500.0  # Hz, the outer feet of the bands
WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, FEATURES)
STRIDES = (2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


class YamnetBody(nn.Module):
    """Depthwise and pointwise convolutions in turns, and the mean over what is left of the patch.

    Batch norms are part of the convolutions already. Zeros stand around each patch, which for logarithms are loud: the
    body knows patches of its own length only, and may not be run over a longer map.

    Shape:
        (B, FRAMES, BANDS) -> (B, FEATURES)
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Conv2d] = [nn.Conv2d(1, WIDTHS[0], 3, STRIDES[0])]
        for inputs, outputs, stride in zip(WIDTHS, WIDTHS[1:], STRIDES[1:], strict=False):
            around = 1 if stride == 1 else 0  # where it is uneven, `_same` adds it
            layers += [nn.Conv2d(inputs, inputs, 3, stride, around, groups=inputs), nn.Conv2d(inputs, outputs, 1)]
        self.layers = nn.ModuleList(layers)

    def of_patches(self, patches: Tensor) -> Tensor:
        """See the class."""
        x = patches[:, None].contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = functional.relu6(layer(_same(x) if layer.stride == (2, 2) else x), inplace=True)
        features: Tensor = x.mean((2, 3)).float()
        return features


def yamnet_bands(bins: int, spacing: float) -> Tensor:
    """Triangles of equal height on the mel scale of HTK, as TensorFlow has them.

    Args:
        bins: N, of the spectrum.
        spacing: Hz from one bin to the next.

    Shape:
        -> (N, BANDS) float32; magnitudes (F, N) times it are bands (F, BANDS)
    """
    edges = np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)
    mels = np.array([_mel(number * spacing) for number in range(bins)])[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.maximum(0.0, np.minimum((mels - left) / (centre - left), (right - mels) / (right - centre)))
    return torch.from_numpy(triangles.astype(np.float32))


def _mel(hz: float) -> float:
    return 1127.0 * math.log1p(hz / 700.0)


def _same(x: Tensor) -> Tensor:
    """Zeros around it for a kernel of 3 at every second place, as TensorFlow's "same" has them: more at the end."""
    high, wide = (1 - int(size) % 2 for size in x.shape[2:])
    return functional.pad(x, (1 - wide, 1, 1 - high, 1))

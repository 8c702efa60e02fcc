from __future__ import annotations

import pytest
import torch
from torch import nn

from unweave.engines.winograd import FEWEST, Winograd, use_winograd


@pytest.mark.parametrize(("batch", "height", "width"), [(1, 4, 4), (2, 1, 1), (1, 17, 13), (3, 8, 5)])
def test_it_is_the_convolution_it_replaces(batch: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(5, 3, 3, padding=1, bias=False)
    x = torch.randn(batch, 5, height, width)
    with torch.no_grad():
        expected = convolution(x)
        torch.testing.assert_close(Winograd(convolution)(x), expected, atol=1e-5, rtol=1e-4)


def test_only_wide_plain_convolutions_are_replaced() -> None:
    wide = FEWEST
    network = nn.Sequential(
        nn.Conv2d(wide, wide, 3, padding=1, bias=False),
        nn.Conv2d(wide, wide, 3, padding=1, bias=True),
        nn.Conv2d(wide, wide, 3, padding=1, stride=2, bias=False),
        nn.Conv2d(wide, wide, 1, bias=False),
        nn.Conv2d(wide, wide, 3, padding=1, groups=2, bias=False),
        nn.Conv2d(wide, wide - 1, 3, padding=1, bias=False),
        nn.Conv2d(wide, wide + 1, 3, padding=1, bias=False),
    )
    use_winograd(network, wide)
    assert [isinstance(layer, Winograd) for layer in network] == [True] + 6 * [False]

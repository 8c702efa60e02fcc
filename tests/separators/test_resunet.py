from __future__ import annotations

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.separators.resunet import ConditionedLayer, ResidualBlock, ResUNet


def small(**changes) -> ResUNet:
    torch.manual_seed(0)
    return ResUNet(4, **{"window_size": 128, "hop": 32, "widths": (4, 6, 8), **changes}).eval()


def convolutions(network: torch.nn.Module) -> int:
    return sum(isinstance(module, torch.nn.Conv2d) and module.kernel_size == (3, 3) for module in network.modules())


def test_depth_follows_from_the_lists():
    assert convolutions(small()) == 2 * (3 + 1 + 3)
    assert convolutions(small(bottleneck=4)) == 2 * (3 + 4 + 3)
    assert convolutions(small(convolutions=4)) == 4 * (3 + 1 + 3)  # as ResUNet60 doubles ResUNet30
    assert len(small(widths=(4, 4)).encoder) == 2


@pytest.mark.parametrize("samples", [1, 31, 32, 64, 127, 128, 1000])
def test_any_length(samples):
    assert small()(torch.randn(2, 3, samples), torch.randn(2, 4)).shape == (2, 3, samples)


def test_the_layer_is_the_papers_equation():
    layer = ConditionedLayer(2, torch.nn.Identity(), 3).eval()
    x, condition = torch.randn(1, 2, 4, 4), torch.randn(1, 3)
    shifted = x / (1 + layer.norm.eps) ** 0.5 + layer.film.shift(condition)[:, :, None, None]
    torch.testing.assert_close(layer(x, condition), torch.where(shifted > 0, shifted, 0.01 * shifted))


def test_the_shortcut_is_plain_where_the_width_stays():
    same, wider = ResidualBlock(4, 4, 2, 2), ResidualBlock(4, 6, 2, 2)
    assert isinstance(same.shortcut, torch.nn.Identity)
    for layer in same.layers:
        torch.nn.init.zeros_(layer.convolution.weight)
    x = torch.randn(1, 4, 5, 5)
    torch.testing.assert_close(same(x, torch.randn(1, 2)), x)
    assert wider(x, torch.randn(1, 2)).shape == (1, 6, 5, 5)


def test_the_top_bin_stays_silent(monkeypatch):
    network = small()
    masked: list[torch.Tensor] = []
    inverse = network.stft.inverse
    monkeypatch.setattr(network.stft, "inverse", lambda x, length: masked.append(x) or inverse(x, length))
    network(torch.randn(1, 1, 2000), torch.ones(1, 4))
    assert masked[0][:, -1].abs().max() == 0
    assert (masked[0][:, -2].abs() > 0).all()


def test_encoding_does_not_depend_on_the_padding_of_time():
    """The frames that complete a multiple are added after the normalisation and cut off before the mask."""
    network = small()
    encoding = network.encode(torch.randn(1, 100))
    assert encoding.tensors["spectrogram"].shape[-1] == 4
    assert encoding.tensors["features"].shape == (1, 4, 4, 64)
    assert network.encode(torch.randn(1, 129)).tensors["features"].shape[2] == 8


def test_a_window_that_cannot_be_halved_is_refused():
    with pytest.raises(UnweaveError, match="multiple of 16"):
        small(window_size=120)

from __future__ import annotations

import pytest
import torch

from unweave.separators import Separator, separators
from unweave.separators.resunet import PlainBlock, ResUNet

GEOMETRY = {"condition_dim": 4, "window_size": 128, "hop": 32, "widths": (4, 6, 8)}


def build(name: str) -> Separator:
    torch.manual_seed(0)
    return separators.build(name, **GEOMETRY).eval()


def kernels(network: torch.nn.Module, side: int) -> int:
    return sum(isinstance(m, torch.nn.Conv2d) and m.kernel_size == (side, side) for m in network.modules())


def test_unet_is_resunet_without_its_shortcuts():
    plain = {name: tuple(weight.shape) for name, weight in build("unet").state_dict().items()}
    residual = {name: tuple(weight.shape) for name, weight in ResUNet(**GEOMETRY).state_dict().items()}
    assert plain == {name: shape for name, shape in residual.items() if ".shortcut." not in name}
    assert len(plain) < len(residual)


def test_nothing_goes_round_a_plain_block():
    """With one convolution shut, the input is lost: its last layer sees only what the condition shifts."""
    block = PlainBlock(4, 4, 2, 2).eval()
    torch.nn.init.zeros_(block.layers[0].convolution.weight)
    shifts = [torch.randn(1, 4), torch.randn(1, 4)]
    first, second = (block(torch.randn(1, 4, 5, 5), iter(shifts)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.any()


def test_resunet60_has_twice_the_convolutions():
    assert kernels(build("resunet60"), 3) == 2 * kernels(build("unet"), 3)
    assert kernels(build("resunet60"), 1) > kernels(build("unet"), 1)  # the shortcuts are there


@pytest.mark.parametrize("name", ["unet", "resunet60"])
@pytest.mark.parametrize("samples", [1, 33, 1000])
def test_any_length(name, samples):
    with torch.inference_mode():
        assert build(name)(torch.randn(2, 3, samples), torch.randn(2, 4)).shape == (2, 3, samples)


@pytest.mark.parametrize("name", ["unet", "resunet60"])
def test_every_weight_learns_in_training(name):
    network = build(name).train()
    network(torch.randn(2, 1, 1000), torch.randn(2, 4)).abs().mean().backward()
    assert [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []

"""Norm, rectifier, convolution and what is beside it, in strips: the same as one after the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.engines import strips
from unweave.engines.quick_blocks import Strips
from unweave.engines.strip_convolution import StripConvolution
from unweave.engines.strips import compiled, convolved, tiles_of_a_strip
from unweave.separators.resunet import ConditionedLayer, Shortcut

SHAPES = [(1, 4, 4), (2, 1, 1), (1, 17, 13), (3, 8, 5), (5, 9, 40)]


def conditioned(inputs: int, outputs: int) -> ConditionedLayer:
    torch.manual_seed(0)
    layer = ConditionedLayer(inputs, nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), 2).eval()
    nn.init.uniform_(layer.norm.running_var, 0.5, 2)
    nn.init.normal_(layer.norm.running_mean)
    return layer


@pytest.mark.parametrize("tiles", [1, 3, 2**20])
@pytest.mark.parametrize(("batch", "height", "width"), SHAPES)
@torch.inference_mode()
def test_a_layer_is_what_its_steps_are(
    batch: int, height: int, width: int, tiles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also that what is around the map is 0 after the norm, not before: offsets are far from it."""
    monkeypatch.setattr("unweave.engines.strip_convolution.tiles_of_a_strip", lambda *_: tiles)
    layer, x, shift = conditioned(5, 3), torch.randn(batch, 5, height, width), 3 + torch.randn(batch, 5)
    got = Strips(layer)([x], shift, (), None)
    torch.testing.assert_close(got, layer(x, shift), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("tiles", [2, 2**20])
@pytest.mark.parametrize(("batch", "height", "width"), [(1, 8, 12), (2, 7, 8), (1, 9, 10), (3, 5, 5)])
@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format], ids=["channels last", "first"])
@torch.inference_mode()
def test_parts_and_what_goes_past_them(
    batch: int, height: int, width: int, tiles: int, memory: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unweave.engines.strip_convolution.tiles_of_a_strip", lambda *_: tiles)
    layer, shortcut, shift = conditioned(5, 3), Shortcut(6, 3), torch.randn(batch, 5)
    size = (height, width)
    x, past = torch.randn(batch, 5, *size).to(memory_format=memory), torch.randn(batch, 6, *size)
    expected = shortcut(past, layer(x, shift))
    got = Strips(layer)([x[:, :2], x[:, 2:]], shift, [past[:, :4], past[:, 4:]], shortcut)
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
    same = torch.randn(batch, 3, *size)
    torch.testing.assert_close(Strips(layer)([x], shift, [same], None), layer(x, shift) + same, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("run", [convolved, compiled()], ids=["Python", "TorchScript"])
@torch.inference_mode()
def test_without_the_lock_of_python_it_is_the_same(run: Callable[..., Tensor]) -> None:
    convolution, x = nn.Conv2d(4, 4, 3, padding=1, bias=False), torch.randn(2, 4, 9, 11)
    kernel = StripConvolution(convolution)._by_column()
    scale, offset = torch.rand(2, 4), torch.zeros(2, 4)
    y = run([x.permute(0, 2, 3, 1)], scale, offset, 0.1, kernel, [], [], offset, 2)
    expected = convolution(functional.leaky_relu(x * scale[:, :, None, None], 0.1))
    torch.testing.assert_close(y.permute(0, 3, 1, 2), expected, atol=1e-5, rtol=1e-4)


def test_a_program_without_its_source_runs_it_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise OSError("could not get source code")

    monkeypatch.setattr(torch.jit, "script", refuse)
    strips._compiled.cache_clear()
    try:
        assert compiled() is convolved
    finally:
        strips._compiled.cache_clear()


def test_a_strip_is_smaller_the_more_channels_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "FEWEST_TILES", 1)
    sizes = [tiles_of_a_strip(channels, channels, 1) for channels in (32, 64, 128, 4096)]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] >= 1
    assert tiles_of_a_strip(32, 32, 2) == 2 * sizes[0]
    for inputs, outputs in ((64, 64), (64, 32), (32, 64)):
        held = 4 * tiles_of_a_strip(inputs, outputs, 1) * (36 * inputs + 36 * outputs)
        assert held <= 1.5 * strips.STRIP_BYTES, "what is read and written by a product"

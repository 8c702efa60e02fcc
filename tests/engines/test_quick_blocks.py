"""Blocks that do their layers in strips: the same numbers, the same weights, whatever the map."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unweave.engines import quick_blocks, strip_convolution
from unweave.engines.quick import Quick, quickened
from unweave.engines.quick_blocks import QuickBlock
from unweave.separators.resunet import PlainBlock, ResidualBlock, ResUNet
from unweave.separators.unet import unet


@pytest.fixture(autouse=True)
def any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is quick does not depend on the machine of the test."""
    monkeypatch.setattr(quick_blocks, "multiplies_fast", lambda: False)
    monkeypatch.setattr(strip_convolution, "FEWEST", 4)


def unlike(network: torch.nn.Module) -> torch.nn.Module:
    """Norms as if they had learnt."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.normal_(module.running_mean)
    return network.eval()


@pytest.mark.parametrize("kind", [PlainBlock, ResidualBlock])
@pytest.mark.parametrize(("inputs", "outputs", "convolutions"), [(6, 6, 2), (6, 4, 2), (4, 8, 3), (3, 6, 1)])
@pytest.mark.parametrize("size", [(2, 3), (9, 14)], ids=["too small for strips", "strips"])
@torch.inference_mode()
def test_a_block_is_a_block(
    kind: type[PlainBlock], inputs: int, outputs: int, convolutions: int, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    block = unlike(kind(inputs, outputs, 2, convolutions))
    assert isinstance(block, PlainBlock)
    x = torch.randn(2, inputs, *size)
    shifts = [torch.randn(2, channels) for channels in [inputs] + [outputs] * (convolutions - 1)]
    expected, before = block(x, iter(shifts)), x.clone()
    for got in (
        QuickBlock(block)(x, iter(shifts)),
        QuickBlock(block).of_parts([x[:, :1], x[:, 1:]], iter(shifts)),
        block.of_parts([x[:, :1], x[:, 1:]], iter(shifts)),
    ):
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
    assert torch.equal(x, before), "what comes in is heard by others, too"


def network(residual: bool) -> ResUNet:
    torch.manual_seed(0)
    widths = {"condition_dim": 5, "window_size": 256, "hop": 80, "widths": (4, 8, 12)}
    built = ResUNet(**widths) if residual else unet(**widths)
    unlike(built)
    return built


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("samples", [700, 16000])
@torch.inference_mode()
def test_separators_answer_alike(residual: bool, samples: int) -> None:
    separator, mixture, asked = network(residual), torch.randn(2, samples), torch.eye(5)[:2]
    expected = separator.decode(separator.encode(mixture), asked)
    separator.logits = Quick(separator, "logits")  # type: ignore[method-assign]
    torch.testing.assert_close(separator.decode(separator.encode(mixture), asked), expected, atol=1e-5, rtol=1e-4)


def test_weights_are_shared_and_their_changes_seen() -> None:
    separator = network(True)
    copied = quickened(separator)
    assert {each.data_ptr() for each in copied.parameters()} == {each.data_ptr() for each in separator.parameters()}
    assert not any(isinstance(module, QuickBlock) for module in separator.modules())
    run = Quick(separator, "logits")

    def both() -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            row = separator.encode(torch.ones(1, 4000)).tensors["features"], separator.shifts(torch.eye(5)[:1])
            return run(*row)[0], separator.logits(*row)[0]

    both()
    with torch.no_grad():
        separator.encoder[1].layers[0].convolution.weight.mul_(-3)
        separator.encoder[2].layers[0].norm.bias.add_(1)
    torch.testing.assert_close(*both(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("fast", [False, True])
def test_a_quick_processor_multiplies(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = not fast
    monkeypatch.setattr(quick_blocks, "multiplies_fast", lambda: fast)
    separator = network(True)
    assert any(isinstance(module, QuickBlock) for module in quickened(separator).modules()) is quick
    assert Quick(separator, "logits").unrivalled is quick, "and is not compiled under auto"
    assert not Quick(torch.nn.Conv2d(64, 64, 3), "forward").unrivalled

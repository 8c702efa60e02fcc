"""Blocks of the separator in the box that do their layers in strips: the same numbers, whatever is asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unweave.engines import modulated_blocks, strip_convolution
from unweave.engines.modulated_blocks import QuickModulated
from unweave.engines.quick import Quick, quickened
from unweave.separators.small import Block, Blocks, SmallSeparator


@pytest.fixture(autouse=True)
def any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is quick does not depend on the machine of the test."""
    monkeypatch.setattr(modulated_blocks, "multiplies_fast", lambda: False)
    monkeypatch.setattr(strip_convolution, "FEWEST", 4)


def unlike(network: nn.Module) -> nn.Module:
    """Norms as if they had learnt."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.running_mean)
    return network.eval()


def separator() -> SmallSeparator:
    torch.manual_seed(0)
    built = SmallSeparator(condition_dim=5, widths=(4, 6, 8), strides=((2, 2), (2, 2)), hidden=3, deep=2, bottleneck=2)
    unlike(built)
    return built


@pytest.mark.parametrize("size", [(2, 3), (9, 14)], ids=["too small for strips", "strips"])
@pytest.mark.parametrize("asked", [True, False])
@torch.inference_mode()
def test_a_block_is_a_block(size: tuple[int, int], asked: bool) -> None:
    """Each row has a scale of its own, too: two rows of a batch may ask for different sounds."""
    torch.manual_seed(0)
    block, x = unlike(Block(6, 3)), torch.randn(2, 6, *size)
    condition = 2 * torch.randn(2, 3) if asked else None
    expected, before = block(x, condition), x.clone()
    torch.testing.assert_close(QuickModulated(block)(x, condition), expected, atol=1e-4, rtol=1e-4)  # type: ignore[arg-type]
    assert torch.equal(x, before), "what comes in is heard by others, too"


@pytest.mark.parametrize("deep", [1, 3])
@torch.inference_mode()
def test_blocks_one_behind_the_other_are_all_quick(deep: int) -> None:
    torch.manual_seed(0)
    blocks = nn.Sequential(unlike(Blocks(6, deep)))
    copied, x = quickened(blocks), torch.randn(1, 6, 9, 14)
    assert sum(isinstance(module, QuickModulated) for module in copied.modules()) == deep
    torch.testing.assert_close(copied(x), blocks(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("samples", [5000, 32000])
@torch.inference_mode()
def test_a_separator_answers_alike(samples: int) -> None:
    network, mixture, asked = separator(), torch.randn(2, samples), torch.eye(5)[:2]
    expected = network.decode(network.encode(mixture), asked)
    for trunk in network.trunks:
        setattr(network, trunk, Quick(network, trunk))
    torch.testing.assert_close(network.decode(network.encode(mixture), asked), expected, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_half_precision_goes_as_before() -> None:
    block, x = unlike(Block(6, 3)).half(), torch.randn(1, 6, 9, 14).half()
    assert torch.equal(QuickModulated(block)(x, torch.ones(1, 3).half()), block(x, torch.ones(1, 3).half()))  # type: ignore[arg-type]


def test_weights_are_shared_and_their_changes_seen() -> None:
    network = separator()
    copied = quickened(network)
    assert {each.data_ptr() for each in copied.parameters()} == {each.data_ptr() for each in network.parameters()}
    assert not any(isinstance(module, QuickModulated) for module in network.modules())
    run, x = Quick(network, "features"), torch.randn(1, 1, 1024, 32)
    with torch.inference_mode():
        run(x)
    with torch.no_grad():
        network.encoder[1].convs[0].weight.mul_(-3)
        network.encoder[0].more[0].norms[1].bias.add_(1)
    with torch.inference_mode():
        for got, expected in zip(run(x), network.features(x), strict=True):
            torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("fast", [False, True])
def test_a_quick_processor_multiplies(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modulated_blocks, "multiplies_fast", lambda: fast)
    network = separator()
    assert any(isinstance(module, QuickModulated) for module in quickened(network).modules()) is not fast
    assert Quick(network, "logits").unrivalled is not fast, "and is not compiled under auto"

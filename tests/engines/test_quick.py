"""Convolutions in the quickest way that PyTorch has: the same numbers, the same weights."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

from unweave.engines import quick
from unweave.engines.quick import Quick, QuickConvolution, QuickShortcut, quickened
from unweave.engines.winograd import WinogradStrips
from unweave.separators.base import Separator
from unweave.separators.resunet import ResUNet, Shortcut
from unweave.separators.small import SmallSeparator
from unweave.taggers import taggers


@pytest.fixture(autouse=True)
def any_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """From how many channels on does not depend on the machine of the test."""
    monkeypatch.setattr(quick, "FEWEST", {})


def convolution(inputs: int = 64, outputs: int = 64) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False).to(memory_format=torch.channels_last)


class Net(nn.Module):
    """One wide convolution and one narrow one."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.narrow = convolution(), nn.Conv2d(64, 3, 3, padding=1, bias=False)
        self.eval()

    def trunk(self, x: Tensor) -> tuple[Tensor]:
        return (self.narrow(self.wide(x)),)


@pytest.mark.parametrize("lines", [1, 2**30])
@pytest.mark.parametrize(("batch", "height", "width"), [(1, 4, 4), (2, 1, 1), (1, 17, 13), (3, 8, 5), (5, 9, 40)])
def test_strips_are_the_convolution(
    batch: int, height: int, width: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unweave.engines.winograd.STRIP_BYTES", lines)
    monkeypatch.setattr("unweave.engines.winograd.FEWEST_TILES", 1)
    layer, x = convolution(5, 3), torch.randn(batch, 5, height, width)
    with torch.no_grad():
        torch.testing.assert_close(WinogradStrips(layer)(x), layer(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 64, 4, 4), (2, 64, 9, 13), (1, 64, 40, 33), (3, 64, 1, 70)])
@pytest.mark.parametrize("most", [quick.MOST_PAIRS, 0], ids=["fewer multiplications", "product"])
@torch.inference_mode()
def test_every_way_gives_the_same(shape: tuple[int, ...], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "MOST_PAIRS", most)
    layer, x = convolution(), torch.randn(shape)
    torch.testing.assert_close(QuickConvolution(layer)(x), layer(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format], ids=["channels last", "first"])
@torch.inference_mode()
def test_a_shortcut_is_added_up_where_it_is_taken(batch: int, memory: torch.memory_format) -> None:
    layer, x, y = Shortcut(6, 4), torch.randn(batch, 6, 5, 7), torch.randn(batch, 4, 5, 7)
    expected, beside = layer(x, y), y.clone(memory_format=memory)
    got = QuickShortcut(layer)(x, beside)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-5)
    assert (got.data_ptr() == beside.data_ptr()) is (memory is torch.channels_last)


@torch.inference_mode()
def test_the_way_follows_the_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = QuickConvolution(convolution())
    layer(torch.randn(1, 64, 4, 4))
    assert layer._strips._made is None, "for one tile the weights are not made four times as many"
    layer(torch.randn(1, 64, 16, 16))
    assert layer._strips._made is not None
    monkeypatch.setattr(quick, "MOST_PAIRS", 0)
    layer = QuickConvolution(convolution())
    layer(torch.randn(1, 64, 16, 16))
    assert layer._strips._made is None, "nor where there are too many of them"


@torch.inference_mode()
def test_weights_are_shared_and_only_wide_layers_replaced() -> None:
    network = Net()
    copied = quickened(network)
    assert isinstance(copied.wide, QuickConvolution) and type(copied.narrow) is nn.Conv2d
    assert type(network.wide) is nn.Conv2d
    theirs = {tensor.data_ptr() for tensor in network.parameters()}
    assert {tensor.data_ptr() for tensor in copied.parameters()} == theirs


@pytest.mark.parametrize(("processor", "wide"), [("AVX2", True), ("AVX512", False), ("DEFAULT", True)])
def test_a_quick_processor_multiplies_narrow_layers(
    processor: str, wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: processor)
    assert quick.is_wide(convolution()) is wide and quick.is_wide(convolution(96, 96))


def test_a_network_without_wide_layers_is_not_copied() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.Conv2d(64, 64, 3, padding=1))
    assert quickened(network) is network


def test_weights_that_change_are_seen() -> None:
    network, x = Net(), torch.randn(1, 64, 16, 16)
    run = Quick(network, "trunk")
    with torch.inference_mode():
        before = run(x)[0]
    with torch.no_grad():
        network.wide.weight.mul_(2)
    with torch.inference_mode():
        torch.testing.assert_close(run(x)[0], 2 * before, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(run(x)[0], network.trunk(x)[0], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_what_it_made_is_given_back_and_does_not_travel() -> None:
    network, x = Net(), torch.randn(1, 64, 16, 16)
    run = Quick(network, "trunk")
    answer = run(x)[0]
    sizes = len(pickle.dumps(run)), len(pickle.dumps(network))
    assert sizes[0] < 1.1 * sizes[1]
    assert torch.equal(pickle.loads(pickle.dumps(run))(x)[0], answer)
    assert torch.equal(copy.deepcopy(run)(x)[0], answer)
    run.release()
    assert run._network is None and torch.equal(run(x)[0], answer)


@torch.inference_mode()
@pytest.mark.parametrize("name", ["resunet", "small"])
def test_separators_answer_alike(name: str) -> None:
    torch.manual_seed(0)
    network: Separator = ResUNet(5, 256, 80, (16, 64, 80))
    if name == "small":
        network = SmallSeparator(5, (64, 64, 80), strides=((2, 2), (2, 1)))
    network.eval()
    mixture, asked = torch.randn(2, 16000), torch.eye(5)[:2]
    expected = network.decode(network.encode(mixture), asked)
    for method in network.trunks:
        setattr(network, method, Quick(network, method))
    torch.testing.assert_close(network.decode(network.encode(mixture), asked), expected, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_a_tagger_answers_alike() -> None:
    torch.manual_seed(0)
    network, wave = taggers.build("panns-cnn10", classes=7).eval(), torch.randn(2, 32000)
    expected = network(wave)
    network.maps = Quick(network, "maps")
    got = network(wave)
    torch.testing.assert_close(got.clip, expected.clip, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(got.embedding, expected.embedding, atol=1e-5, rtol=1e-4)

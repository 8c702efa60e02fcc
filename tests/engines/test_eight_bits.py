"""A network in 8 bits answers nearly as the network does, where it was made for the shapes, and exactly elsewhere."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unweave.engines import Trunk, attach, eight_bits
from unweave.engines.eight_bits import check_installed, quantised, write_network
from unweave.errors import UnweaveError
from unweave.separators.resunet import ResUNet
from unweave.taggers.panns import Panns

DIM, SAMPLES = 5, 1500


def network() -> ResUNet:
    torch.manual_seed(0)
    return ResUNet(DIM, window_size=128, hop=32, widths=(16, 16)).eval()


def rows(separator: ResUNet, count: int, samples: int = SAMPLES) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(count)
    features = separator.encode(0.1 * torch.randn(count, samples, generator=generator)).tensors["features"]
    shifts = separator.shifts(torch.randn(count, DIM, generator=generator))
    return list(zip(features.split(1), shifts.split(1), strict=True))


def decibels(reference: Tensor, other: Tensor) -> float:
    return float(10 * torch.log10(reference.square().sum() / (reference - other).square().sum()))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    separator, path = network(), tmp_path_factory.mktemp("eight") / "logits.xml"
    with torch.inference_mode():
        write_network(quantised(Trunk(separator, "logits"), rows(separator, 4)), path)
    return path


@torch.inference_mode()
def test_the_answer_is_close_and_not_that_of_floating_point(file: Path) -> None:
    separator, plain = attach(network(), "openvino", quantised={"logits": file}), network()
    for features, shifts in rows(plain, 3):
        error = decibels(plain.logits(features, shifts)[0], separator.logits(features, shifts)[0])
        assert 10 < error < 60  # of a network that has learnt nothing; the wrong weights would give 0


@torch.inference_mode()
def test_segments_of_another_length_and_engines_without_8_bits_are_exact(file: Path) -> None:
    plain = network()
    for backend, samples in (("openvino", 2 * SAMPLES), ("onnx", SAMPLES), ("eager", SAMPLES)):
        separator = attach(network(), backend, quantised={"logits": file})
        features, shifts = rows(plain, 1, samples)[0]
        assert decibels(plain.logits(features, shifts)[0], separator.logits(features, shifts)[0]) > 80


@torch.inference_mode()
def test_a_tagger_in_8_bits_hears_nearly_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = Panns([8, 16, 32], kernel=3, convolutions=2, pools=2, classes=6).eval()
    eight, waves = copy.deepcopy(plain), 0.1 * torch.randn(4, 1, 16000)
    calls = [[plain.norm(plain.front(wave).transpose(1, 2)).transpose(1, 2)[:, None]] for wave in waves]
    write_network(quantised(Trunk(plain, "maps"), calls, last=0), tmp_path / "maps.xml")
    attach(eight, "openvino", quantised={"maps": tmp_path / "maps.xml"})
    for wave in waves:
        error = decibels(plain.features(wave), eight.features(wave))
        assert 15 < error < 70


def test_libraries_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eight_bits, "MODULES", ("openvino", "no_such_library"))
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[quantize\]'"):
        check_installed()

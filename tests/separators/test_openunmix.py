from __future__ import annotations

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.separators.film import Film
from unweave.separators.openunmix import OpenUnmix
from unweave.training.build import build_separator
from unweave.training.reading import read_recipe


def small(**changes) -> OpenUnmix:
    torch.manual_seed(0)
    return OpenUnmix(4, **{"window_size": 128, "hop": 32, "hidden": 8, **changes}).eval()


@pytest.mark.parametrize("samples", [1, 31, 64, 1000])
def test_an_open_mask_gives_back_every_sample(samples):
    network = small()
    with torch.no_grad():
        network.third[0].weight.zero_()
        network.films[2].shift.weight.zero_()
        network.films[2].shift.bias.zero_()
    mixture = torch.randn(2, 3, samples)
    torch.testing.assert_close(network(mixture, torch.randn(2, 4)), mixture, atol=1e-5, rtol=1e-4)


def test_it_scales_bins_and_turns_none(monkeypatch):
    network, masked = small(), []
    inverse = network.stft.inverse
    monkeypatch.setattr(network.stft, "inverse", lambda x, length: masked.append(x) or inverse(x, length))
    mixture = torch.randn(1, 500)
    encoding = network.encode(mixture)
    network.decode(encoding, torch.randn(1, 4))
    gain = masked[0] / encoding.tensors["spectrogram"]
    assert gain.real.min() >= -1e-6
    assert gain.imag.abs().max() < 1e-5
    assert gain.real.std() > 1e-3


def test_it_hears_the_past_and_the_future():
    """The LSTM carries a change, farther than a window, in both directions."""
    network = small().double()
    mixture, condition = torch.randn(1, 1, 1600, dtype=torch.float64), torch.ones(1, 4, dtype=torch.float64)
    other = mixture.clone()
    other[..., 800] += 1
    with torch.inference_mode():
        changed = (network(mixture, condition) != network(other, condition))[0, 0]
    assert changed[:500].any() and changed[1100:].any()


def test_everything_before_the_first_shift_is_encoded_once():
    network, films = small(), []
    for module in network.modules():
        if isinstance(module, Film):
            module.register_forward_hook(lambda module, inputs, output: films.append(inputs[0]))
    encoding = network.encode(torch.randn(1, 200))
    assert films == []
    network.decode(encoding, torch.randn(1, 4))
    assert len(films) == 3
    assert films[0] is encoding.tensors["features"]


def test_every_weight_learns_in_training():
    network = small().train()
    network(torch.randn(2, 1, 1000), torch.randn(2, 4)).square().mean().backward()
    assert [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_the_lstm_has_the_layers_asked_for():
    assert small().recurrent.num_layers == 3
    assert small(layers=1).recurrent.dropout == 0  # there is nothing between one layer
    with pytest.raises(UnweaveError, match="even, not 7"):
        small(hidden=7)


def test_the_papers_row_has_the_window_and_the_hop_of_all_its_networks():
    """Section 4.2; the published Open-Unmix of music has 4096 and 1024 at 44.1 kHz, ours 2048 and 512 at 32 kHz."""
    with torch.device("meta"):
        network, _ = build_separator(read_recipe("paper/table5-openunmix").separator, 2048)
    assert (network.stft.window_size, network.stft.hop, network.stft.bins) == (1024, 320, 513)
    assert network.recurrent.num_layers == 3 and network.recurrent.bidirectional

from __future__ import annotations

import pytest
import torch
from torch import nn

from unweave.errors import UnweaveError
from unweave.separators.convtasnet import ConvTasNet, CumulativeNorm
from unweave.separators.film import Film


def small(**changes) -> ConvTasNet:
    torch.manual_seed(0)
    sizes = {"filters": 12, "window": 16, "bottleneck": 8, "hidden": 10, "skip": 6, "blocks": 3, "repeats": 2}
    return ConvTasNet(4, **{**sizes, **changes}).eval()


def unnormalised(network: ConvTasNet) -> ConvTasNet:
    """Without norms, which hear all of the past or even the whole, what is left is what the convolutions reach."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.GroupNorm | CumulativeNorm):
                setattr(module, name, nn.Identity())
    return network.double()


def changed_samples(network: ConvTasNet, samples: int, where: int) -> torch.Tensor:
    """Which samples of the output depend on the sample `where` of the input."""
    mixture = torch.randn(1, 1, samples, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    other = mixture.clone()
    other[..., where] += 1.0
    condition = torch.ones(1, 4, dtype=torch.float64)
    with torch.inference_mode():
        return (network(mixture, condition) != network(other, condition))[0, 0].nonzero()[:, 0]


@pytest.mark.parametrize("kernel", [2, 3])
def test_the_convolutions_reach_as_far_as_their_dilations_add_up_to(kernel):
    """A sample lies in two frames; each of them moves `reach` frames to either side, and each frame is a window."""
    network = unnormalised(small(kernel=kernel))
    reach = 2 * (kernel - 1) * (1 + 2 + 4)  # frames, both sides together
    changed = changed_samples(network, 1600, 800)
    frames = (changed.max() - changed.min() + 1).item() / 8
    assert frames == reach + 2 + 1  # two frames, and a window is a hop longer than the hops between them


def test_a_causal_network_hears_at_most_one_window_ahead():
    network = small(causal=True).double()
    changed = changed_samples(network, 800, 400)
    assert 400 - 16 < changed.min() <= 400
    assert changed.max() == 799  # the cumulative statistics remember for ever
    assert changed_samples(small().double(), 800, 400).min() == 0  # global ones know everything


def test_cumulative_norm_is_the_norm_of_all_that_came():
    norm = CumulativeNorm(3).double()
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x = torch.randn(2, 3, 7, dtype=torch.float64) + 2
    for frame in range(7):
        past = x[:, :, : frame + 1]
        mean = past.mean(dim=(1, 2), keepdim=True)
        scale = past.var(dim=(1, 2), keepdim=True, unbiased=False).add(1e-8).sqrt()
        wanted = ((x - mean) / scale * norm.weight + norm.bias)[:, :, frame]
        torch.testing.assert_close(norm(x)[:, :, frame], wanted)


@pytest.mark.parametrize("samples", [1, 7, 8, 16, 100])
def test_an_open_mask_gives_back_every_sample(samples):
    """With filters that copy samples, two frames each, nothing is lost or shifted at any length."""
    network = small(filters=16, window=16)
    with torch.no_grad():
        network.encoder.weight.copy_(torch.eye(16)[:, None])
        network.decoder.weight.copy_(0.5 * torch.eye(16)[:, None])
        network.mask[1].weight.zero_()
        network.mask[1].bias.fill_(100.0)
    mixture = torch.randn(2, 1, samples)
    torch.testing.assert_close(network(mixture, torch.randn(2, 4)), mixture)


def test_everything_before_the_first_shift_is_encoded_once():
    network, films = small(), []
    for module in network.modules():
        if isinstance(module, Film):
            module.register_forward_hook(lambda module, inputs, output: films.append(inputs[0]))
    encoding = network.encode(torch.randn(1, 100))
    assert films == []
    network.decode(encoding, torch.randn(1, 4))
    assert len(films) == 6  # one in each block
    assert films[0] is encoding.tensors["wide"]


@pytest.mark.parametrize("causal", [False, True])
def test_every_weight_learns_and_silence_gives_finite_gradients(causal):
    network = small(causal=causal).train()
    for mixture in (torch.randn(2, 1, 400), torch.zeros(2, 1, 400)):
        network.zero_grad()
        network(mixture, torch.randn(2, 4)).square().mean().backward()
        assert all(weight.grad.isfinite().all() for weight in network.parameters())
        if mixture.any():
            assert [name for name, weight in network.named_parameters() if not weight.grad.any()] == []


@pytest.mark.parametrize("changes", [{"window": 15}, {"window": 0}, {"blocks": 0}])
def test_sizes_that_cannot_be_are_refused(changes):
    with pytest.raises(UnweaveError, match="Conv-TasNet needs"):
        small(**changes)

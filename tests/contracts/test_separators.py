"""What every registered separator must do."""

from __future__ import annotations

import pytest
import torch
from shipped import shipped

from unweave.separators import Separator, separators

DIM = 6
_UNET = {"window_size": 128, "hop": 32, "widths": (4, 6, 8)}
# What is built of layers that smaller networks have too is tested small.
TINY = {
    "unet": _UNET,
    "resunet60": _UNET,
    "convtasnet": {
        "filters": 12,
        "window": 16,
        "bottleneck": 8,
        "hidden": 10,
        "skip": 6,
        "blocks": 3,
        "repeats": 2,
    },
    "openunmix": {"window_size": 128, "hop": 32, "hidden": 8},
}


@pytest.fixture(scope="module", params=shipped(separators))
def separator(request) -> Separator:
    torch.manual_seed(0)
    return separators.build(request.param, condition_dim=DIM, **TINY.get(request.param, {})).eval()


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("channels", "samples"), [(2, 1), (1, 2047)])
def test_any_length_and_number_of_channels(separator, channels, samples):
    assert separator.condition_dim == DIM
    with torch.inference_mode():
        source = separator(noise(1, channels, samples), noise(1, DIM))
    assert source.shape == (1, channels, samples)
    assert torch.isfinite(source).all()


def test_encoding_once_serves_every_condition(separator):
    """Decoded together, each pair of mixture and condition gives what it gives alone; conditions matter."""
    mixtures, conditions = noise(2, 3200), 3 * torch.eye(3, DIM)
    with torch.inference_mode():
        encoding = separator.encode(mixtures)
        sources = separator.decode(encoding.rows(torch.tensor([1, 0, 1])), conditions)
        alone = separator(mixtures[1:, None], conditions[2:])[:, 0]
    assert sources.shape == (3, 3200)
    torch.testing.assert_close(sources[2:], alone, atol=1e-5, rtol=1e-3)
    assert (sources[0] - sources[2]).abs().max() > 1e-6


def test_gradients_reach_every_weight(separator):
    separator.zero_grad()
    source = separator(noise(1, 1, 3200), noise(1, DIM))
    (source - noise(1, 1, 3200, seed=1)).abs().mean().backward()
    without = [name for name, weight in separator.named_parameters() if weight.grad is None or not weight.grad.any()]
    finite = all(torch.isfinite(weight.grad).all() for weight in separator.parameters() if weight.grad is not None)
    separator.zero_grad(set_to_none=True)
    assert without == []
    assert finite


def test_silence_stays_silent_and_has_finite_gradients(separator):
    """Padded clips hold exact silence: a root or a division there must not poison the weights."""
    separator.zero_grad()
    source = separator(torch.zeros(1, 1, 1600), noise(1, DIM))
    source.abs().mean().backward()
    finite = all(torch.isfinite(weight.grad).all() for weight in separator.parameters() if weight.grad is not None)
    separator.zero_grad(set_to_none=True)
    assert source.abs().max() < 1e-4
    assert finite

"""Other sample rates inside a network: exact length, no delay, what cannot be held is removed, gradients flow."""

from __future__ import annotations

import pytest
import torch

from unweave.audio.sinc import SincResampler
from unweave.errors import UnweaveError

PAIRS = [(32000, 16000), (32000, 22050), (16000, 32000), (44100, 16000)]


def tone(hertz: float, rate: int, samples: int) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hertz * torch.arange(samples, dtype=torch.float64) / rate).float()[None]


@pytest.mark.parametrize(("in_rate", "out_rate"), PAIRS)
def test_a_tone_stays_where_it_was_in_time(in_rate, out_rate):
    got = SincResampler(in_rate, out_rate)(tone(1000.0, in_rate, in_rate // 4))
    want = tone(1000.0, out_rate, got.shape[1])
    edge = out_rate // 50
    assert got.shape[1] == -(-(in_rate // 4) * out_rate // in_rate)
    torch.testing.assert_close(got[:, edge:-edge], want[:, edge:-edge], atol=2e-4, rtol=0)


@pytest.mark.parametrize("samples", [1, 2, 3, 639, 640, 641])
@pytest.mark.parametrize(("in_rate", "out_rate"), PAIRS)
def test_the_length_is_the_ceiling(in_rate, out_rate, samples):
    got = SincResampler(in_rate, out_rate)(torch.ones(2, samples))
    assert got.shape == (2, -(-samples * out_rate // in_rate))
    assert got.isfinite().all()


def test_what_lies_above_the_new_half_rate_is_gone():
    for hertz in (9000.0, 12000.0, 15000.0):
        got = SincResampler(32000, 16000)(tone(hertz, 32000, 8000))
        assert got[:, 300:-300].abs().max() < 1e-3


def test_constants_and_rows_are_kept_apart():
    x = torch.stack([torch.ones(4000), torch.zeros(4000)])
    got = SincResampler(32000, 22050)(x)
    torch.testing.assert_close(got[0, 100:-100], torch.ones(got.shape[1] - 200), atol=1e-5, rtol=0)
    assert not got[1].any()


def test_gradients_flow_and_nothing_is_stored():
    resampler = SincResampler(32000, 22050)
    x = torch.randn(1, 700, requires_grad=True, generator=torch.Generator().manual_seed(0))
    resampler(x).square().sum().backward()
    assert x.grad is not None and (x.grad != 0).all()
    assert not resampler.state_dict() and not list(resampler.parameters())


def test_equal_rates_pass_through_untouched_and_none_is_refused():
    x = torch.randn(1, 50)
    assert SincResampler(44100, 44100)(x) is x
    with pytest.raises(UnweaveError, match="at least 1 Hz"):
        SincResampler(0, 16000)

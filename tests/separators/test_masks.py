from __future__ import annotations

import torch

from unweave.separators.masks import magnitude_phase_mask


def spectrogram() -> torch.Tensor:
    return torch.randn(2, 5, 7, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))


def logits(magnitude: float, real: float, imaginary: float) -> torch.Tensor:
    return torch.tensor([magnitude, real, imaginary]).reshape(1, 3, 1, 1).expand(2, 3, 5, 7)


def test_open_mask_gives_the_mixture_and_shut_mask_silence():
    torch.testing.assert_close(magnitude_phase_mask(spectrogram(), logits(40.0, 3.0, 0.0)), spectrogram())
    assert magnitude_phase_mask(spectrogram(), logits(-40.0, 3.0, 0.0)).abs().max() < 1e-12


def test_the_length_of_the_direction_does_not_matter():
    weak = magnitude_phase_mask(spectrogram(), logits(0.3, 0.01, 0.0))
    strong = magnitude_phase_mask(spectrogram(), logits(0.3, 5.0, 0.0))
    torch.testing.assert_close(weak, strong)


def test_a_quarter_turn():
    turned = magnitude_phase_mask(spectrogram(), logits(40.0, 0.0, 2.0))
    torch.testing.assert_close(turned, spectrogram() * 1j)


def test_it_never_amplifies():
    noise = 10 * torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(1))
    assert (magnitude_phase_mask(spectrogram(), noise).abs() <= spectrogram().abs() * (1 + 1e-6)).all()


def test_without_a_direction_it_is_silent_and_its_gradient_finite():
    nothing = torch.zeros(2, 3, 5, 7, requires_grad=True)
    source = magnitude_phase_mask(spectrogram(), nothing)
    assert source.abs().max() == 0
    torch.view_as_real(source).sum().backward()
    assert torch.isfinite(nothing.grad).all()

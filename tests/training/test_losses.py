import pytest
import torch

from unweave.training.losses import l1, negative_snr


def test_negative_snr_of_a_known_ratio():
    target = torch.randn(3, 1000)
    noise = torch.randn(3, 1000)
    noise *= target.norm(dim=1, keepdim=True) / noise.norm(dim=1, keepdim=True) * 10 ** (-10 / 20)
    assert torch.allclose(negative_snr(target + noise, target, threshold=0.0), torch.full((3,), -10.0), atol=1e-3)


def test_the_threshold_bounds_the_reward():
    target = torch.randn(1, 1000)
    assert negative_snr(target, target).item() == pytest.approx(-30.0, abs=1e-3)


def test_a_silent_target_is_measured_against_the_mixture():
    mixture = torch.randn(1, 1000)
    energy = mixture.square().sum(1)
    loss = negative_snr(0.1 * mixture, torch.zeros(1, 1000), threshold=0.0, floor=energy)
    assert loss.item() == pytest.approx(-20.0, abs=1e-2)


def test_the_gradient_is_finite_at_a_perfect_estimate():
    target = torch.randn(1, 100)
    estimate = target.clone().requires_grad_()
    negative_snr(estimate, target).sum().backward()
    assert estimate.grad.isfinite().all()


def test_l1_is_the_mean_absolute_error():
    estimate, target = torch.tensor([[1.0, -2.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    assert l1(estimate, target.expand(2, -1)).tolist() == [(1 + 3 + 0 + 0.5) / 4, 0.25]

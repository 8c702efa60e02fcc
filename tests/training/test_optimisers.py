import copy

import pytest
import torch

from unweave.errors import UnweaveError
from unweave.training.optimisers import OPTIMISERS, Muon, build_optimiser, orthogonalised


@pytest.mark.parametrize("shape", [(8, 8), (16, 40), (40, 16)])
def test_an_orthogonalised_matrix_has_singular_values_near_one_and_the_same_directions(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    result = orthogonalised(matrix)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    values = torch.linalg.svdvals(result)
    assert 0.3 < values.min() and values.max() < 1.3
    assert torch.nn.functional.cosine_similarity(result.flatten(), (u @ v).flatten(), dim=0) > 0.95


def test_matrices_side_by_side_are_orthogonalised_as_each_alone():
    matrices = torch.randn(3, 16, 40, generator=torch.Generator().manual_seed(0))
    alone = torch.stack([orthogonalised(matrix) for matrix in matrices])
    assert torch.allclose(orthogonalised(matrices), alone, atol=2e-2)


def net() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv1d(1, 8, 3, padding=1), torch.nn.BatchNorm1d(8), torch.nn.Tanh(), torch.nn.Conv1d(8, 8, 3)
    )


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_lowers_a_loss_and_moves_every_parameter(name):
    model = net()
    before = [parameter.clone() for parameter in model.parameters()]
    optimiser = build_optimiser(name, model.parameters(), 1e-2, 0.0)
    x, losses = torch.randn(4, 1, 20, generator=torch.Generator().manual_seed(1)), []
    for _ in range(40):
        loss = (model(x) - 0.3).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert all(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_the_papers_adam_is_adam_and_not_adamw():
    """They differ in what weight decay does; the published code's is AdamW with amsgrad."""
    made = {name: build_optimiser(name, net().parameters(), 1e-3, 1e-2) for name in ("adam", "adamw", "adamw-amsgrad")}
    assert {name: type(one).__name__ for name, one in made.items()} == {
        "adam": "Adam", "adamw": "AdamW", "adamw-amsgrad": "AdamW",
    }  # fmt: skip
    assert [one.defaults["amsgrad"] for one in made.values()] == [False, False, True]
    assert all(one.defaults["betas"] == (0.9, 0.999) and one.defaults["lr"] == 1e-3 for one in made.values())


def test_muon_takes_kernels_as_matrices_and_leaves_the_rest_to_adam():
    model = net()
    matrices, others = Muon(model.parameters(), 1e-2).param_groups
    assert [tuple(p.shape) for p in matrices["params"]] == [(8, 1, 3), (8, 8, 3)]
    assert all(p.ndim == 1 for p in others["params"]) and len(others["params"]) == 4


def test_muon_goes_on_from_its_state_exactly():
    def steps(model, optimiser, number, seed):
        generator = torch.Generator().manual_seed(seed)
        for _ in range(number):
            optimiser.zero_grad()
            model(torch.randn(4, 1, 20, generator=generator)).square().mean().backward()
            optimiser.step()

    one, two = net(), net()
    first, second = (build_optimiser("muon", model.parameters(), 1e-2, 0.1) for model in (one, two))
    steps(one, first, 3, 0)
    two.load_state_dict(one.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    steps(one, first, 2, 1)
    steps(two, second, 2, 1)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_decay_shrinks_what_has_no_gradient_to_speak_of():
    weight = torch.nn.Parameter(torch.ones(4, 4))
    optimiser = build_optimiser("muon", [weight], 1e-2, 1.0)
    weight.grad = torch.zeros(4, 4)
    optimiser.step()
    assert torch.allclose(weight, torch.full((4, 4), 1 - 2e-2))


def test_an_unknown_optimiser_is_said():
    with pytest.raises(UnweaveError, match="no optimiser 'sgdd'"):
        build_optimiser("sgdd", net().parameters(), 1e-3, 0.0)

import pytest
import torch

from unweave.training.joint import joint, own_part


@pytest.mark.parametrize("world", [1, 2, 3, 8])
@pytest.mark.parametrize("number", [1, 2, 5, 8, 24])
def test_parts_are_all_rows_once_and_their_weighted_means_the_mean(number, world):
    values = torch.randn(number, generator=torch.Generator().manual_seed(number)).double()
    parts = [own_part(number, rank, world) for rank in range(world)]
    taken = [place for part, weight in parts if weight for place in range(number)[part]]
    assert taken == list(range(number))
    assert all(len(values[part]) >= 1 for part, _ in parts)
    mean = sum(weight * values[part].mean() for part, weight in parts) / world
    assert mean == pytest.approx(values.mean().item())


def test_batches_of_one_size_are_parted_as_they_came():
    assert [own_part(12, rank, 4) for rank in range(4)] == [(slice(3 * rank, 3 * rank + 3), 1.0) for rank in range(4)]


def test_alone_nothing_is_done():
    value = torch.randn(3, 2, requires_grad=True)
    assert joint(value, 1) is value

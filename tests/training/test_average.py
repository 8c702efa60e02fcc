import pytest
import torch

from unweave.training.average import Average


def net() -> torch.nn.Module:
    torch.manual_seed(0)
    made = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 3))
    made[2].requires_grad_(False)
    return made


def moved(made: torch.nn.Module, value: float) -> torch.nn.Module:
    with torch.no_grad():
        made[0].weight.fill_(value)
        made[1].running_mean.fill_(value)
        made[1].num_batches_tracked += 1
    return made


@pytest.mark.parametrize("decay", [0.9, 0.5])
def test_the_average_is_exponential_after_its_warm_up(decay):
    made = net()
    average, expected = Average(made, decay), None
    for number, value in enumerate([4.0, -2.0, 7.0, 1.0, 0.0, 3.0]):
        average.update(moved(made, value))
        share = min(decay, (1 + number) / (10 + number))
        expected = value if expected is None else share * expected + (1 - share) * value
        for tensor in (average.net[0].weight, average.net[1].running_mean):
            assert torch.allclose(tensor, torch.tensor(expected), atol=1e-5)
    assert average.net[1].num_batches_tracked == 6  # a whole number is taken as it is
    assert torch.equal(made[0].weight, torch.full((3, 3), 3.0))  # what learns is not touched


def test_a_decay_of_zero_keeps_the_last_weights():
    made = net()
    average = Average(made, 0.0)
    for value in (1.0, 2.0):
        average.update(moved(made, value))
        assert all(
            torch.equal(a, b)
            for a, b in zip(average.net.state_dict().values(), made.state_dict().values(), strict=True)
        )


def test_what_does_not_learn_is_shared_and_the_copy_never_trains():
    made = net().train()
    average = Average(made, 0.9)
    assert average.net[2].weight is made[2].weight and average.net[0].weight is not made[0].weight
    assert not average.net.training and not any(weight.requires_grad for weight in average.net[0].parameters())
    assert made.training and made[0].weight.requires_grad


def test_it_goes_on_from_its_state():
    made, states = net(), []
    one, two = Average(made, 0.9), Average(net(), 0.9)
    one.update(moved(made, 5.0)), one.update(moved(made, 1.0))
    two.load_state_dict(one.state_dict())
    for average in (one, two):
        average.update(moved(made, -3.0))
        states.append(
            {name: value.clone() for name, value in average.net.state_dict().items() if "tracked" not in name}
        )
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])

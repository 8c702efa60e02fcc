from __future__ import annotations

import pytest
import torch

from unweave.conditions import conditions
from unweave.errors import UnweaveError
from unweave.taggers import Tags

HEARD = torch.tensor([[0.5, 0.2, 0.1, 0.0], [0.0, 0.04, 0.02, 0.9]])
MASK = torch.tensor([False, True, True, False])


def test_paper_keeps_the_probabilities_of_the_group() -> None:
    condition = conditions.build("soft", dim=4)
    torch.testing.assert_close(condition.from_classes(HEARD, MASK), HEARD * MASK)
    torch.testing.assert_close(condition.from_classes(HEARD, MASK, torch.tensor([1, 1])), HEARD * MASK)
    assert torch.equal(condition(Tags(HEARD, None, torch.zeros(2, 1))), HEARD)


def test_normalised_says_what_and_not_how_sure() -> None:
    condition = conditions.build("soft", dim=4, normalise=True)
    torch.testing.assert_close(condition.from_classes(HEARD, MASK), torch.tensor([[0, 1, 0.5, 0]] * 2))
    torch.testing.assert_close(condition(Tags(HEARD, None, torch.zeros(2, 1))).amax(1), torch.ones(2))
    assert condition.from_classes(HEARD, MASK, torch.tensor([2, 1])).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_normalised_silence_stays_zero() -> None:
    condition = conditions.build("soft", dim=4, normalise=True)
    assert not condition.from_classes(torch.zeros(1, 4), MASK).any()


def test_a_name_may_say_what_it_is_like() -> None:
    condition = conditions.build("soft", dim=4, normalise=True, likeness=0.5)
    asked = torch.tensor([2, 1])
    assert condition.from_classes(HEARD, MASK, asked).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    likenesses = torch.tensor([[0, 0, 0, 0], [1, 0.5, 0, 0.2], [0.4, 0, 1, 0], [0, 0, 0, 0]])
    condition.load_state_dict({"likenesses": likenesses})
    told = condition.from_classes(HEARD, MASK, asked)
    torch.testing.assert_close(told, torch.tensor([[0.2, 0, 1, 0], [0.5, 1, 0, 0.1]]))
    torch.testing.assert_close(condition.from_classes(HEARD, MASK), torch.tensor([[0, 1, 0.5, 0]] * 2))


@pytest.mark.parametrize("arguments", [{"likeness": 1.5, "normalise": True}, {"likeness": -0.1}, {"likeness": 0.5}])
def test_a_likeness_that_means_nothing_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UnweaveError, match="likeness"):
        conditions.build("soft", dim=4, **arguments)

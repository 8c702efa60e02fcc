from __future__ import annotations

import torch

from unweave.conditions import conditions
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

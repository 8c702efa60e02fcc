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


def test_a_name_may_come_with_a_hint_at_what_is_heard_alike() -> None:
    condition = conditions.build("soft", dim=4, normalise=True, hint=0.5)
    asked = torch.tensor([2, 1])
    assert condition.from_classes(HEARD, MASK, asked).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    alike = torch.zeros(4, 4, dtype=torch.bool)
    alike[2, [0, 2]] = alike[1, [1, 2]] = True
    condition.load_state_dict({"alike": alike})
    # The surest of all counts as the hint; what is not alike tells nothing, however surely it is heard.
    told = condition.from_classes(HEARD, MASK, asked)
    torch.testing.assert_close(told, torch.tensor([[0.5, 0, 1, 0], [0, 1, 0.5 * 0.02 / 0.9, 0]]))
    torch.testing.assert_close(condition.from_classes(HEARD, MASK), torch.tensor([[0, 1, 0.5, 0]] * 2))
    silence = condition.from_classes(torch.zeros(2, 4), MASK, asked)
    assert silence.tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_a_name_is_asked_again_with_half_of_what_its_answer_is_heard_as() -> None:
    condition = conditions.build("soft", dim=4, normalise=True)
    told = condition.asked_again(HEARD, torch.tensor([2, 1]))
    torch.testing.assert_close(told, torch.maximum(torch.eye(4)[[2, 1]], 0.5 * HEARD / HEARD.amax(1, keepdim=True)))
    assert conditions.build("soft", dim=4).asked_again(HEARD, torch.tensor([2, 1])) is None, "the paper's has no names"


@pytest.mark.parametrize("arguments", [{"hint": 1.5, "normalise": True}, {"hint": -0.1}, {"hint": 0.5}])
def test_a_hint_that_means_nothing_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(UnweaveError, match="hint"):
        conditions.build("soft", dim=4, **arguments)

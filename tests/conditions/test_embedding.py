from __future__ import annotations

import pytest
import torch

from unweave.conditions import conditions
from unweave.errors import UnweaveError
from unweave.taggers import Tags


def test_example_gives_its_embedding() -> None:
    embedding = torch.rand(2, 8)
    assert torch.equal(conditions.build("embedding", dim=8)(Tags(torch.rand(2, 4), None, embedding)), embedding)


def test_class_is_refused_in_words() -> None:
    condition = conditions.build("embedding", dim=8)
    assert not condition.by_class
    with pytest.raises(UnweaveError, match="--query"):
        condition.from_classes(torch.rand(1, 4), torch.ones(4, dtype=torch.bool))

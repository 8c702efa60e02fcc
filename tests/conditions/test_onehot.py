from __future__ import annotations

import torch

from unweave.conditions import conditions
from unweave.taggers import Tags


def test_example_gives_its_sure_classes_or_the_surest() -> None:
    condition = conditions.build("onehot", dim=4)
    clip = torch.tensor([[0.9, 0.1, 0.6, 0.0], [0.1, 0.3, 0.2, 0.0]])
    out = condition(Tags(clip, None, torch.zeros(2, 1)))
    assert out.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0]]


def test_group_is_its_mask_and_a_name_its_one_class() -> None:
    condition = conditions.build("onehot", dim=4)
    heard, mask = torch.rand(2, 4), torch.tensor([True, False, True, False])
    assert condition.from_classes(heard, mask).tolist() == [[1, 0, 1, 0]] * 2
    assert condition.from_classes(heard, mask, torch.tensor([2, 0])).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]

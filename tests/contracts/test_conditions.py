"""What every registered condition promises."""

from __future__ import annotations

import pytest
import torch

from unweave.conditions import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers import Tags

CLASSES, EMBEDDING = 527, 2048


def tags(rows: int) -> Tags:
    generator = torch.Generator().manual_seed(rows)
    clip = torch.rand(rows, CLASSES, generator=generator)
    return Tags(clip, None, torch.randn(rows, EMBEDDING, generator=generator))


@pytest.fixture(params=conditions.names())
def condition(request: pytest.FixtureRequest) -> Condition:
    return conditions.build(request.param).eval()


@pytest.mark.parametrize("rows", [1, 3])
def test_example_gives_finite_vectors_of_the_promised_size(condition: Condition, rows: int) -> None:
    out = condition(tags(rows))
    assert out.shape == (rows, condition.dim)
    assert out.isfinite().all()


def test_rows_do_not_mix(condition: Condition) -> None:
    both = tags(2)
    alone = Tags(both.clip[1:], None, both.embedding[1:])
    torch.testing.assert_close(condition(both)[1:], condition(alone), rtol=1e-4, atol=1e-5)


def test_different_sounds_give_different_vectors(condition: Condition) -> None:
    out = condition(tags(2))
    assert not torch.allclose(out[0], out[1])


def test_asking_by_class_works_or_is_refused(condition: Condition) -> None:
    heard = tags(2).clip
    mask = torch.zeros(CLASSES, dtype=torch.bool)
    mask[[3, 5]] = True
    if not condition.by_class:
        with pytest.raises(UnweaveError):
            condition.from_classes(heard, mask)
        return
    for asked in (None, torch.tensor([3, 3])):
        out = condition.from_classes(heard, mask, asked)
        assert out.shape == (2, condition.dim) and out.isfinite().all() and out.any()
    per_row = condition.from_classes(heard, mask.expand(2, -1))
    torch.testing.assert_close(per_row, condition.from_classes(heard, mask))
    other = torch.zeros_like(mask)
    other[100] = True
    assert not torch.allclose(condition.from_classes(heard, other), condition.from_classes(heard, mask))

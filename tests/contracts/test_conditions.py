"""What every registered condition promises."""

from __future__ import annotations

import pytest
import torch
from shipped import shipped

from unweave.conditions import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers import Tags

CLASSES, EMBEDDING = 527, 16
# Those whose size follows from the tagger's embedding, which is small here.
TINY = {
    "embedding": {"dim": EMBEDDING},
    "joint": {"classes": CLASSES, "embedding": EMBEDDING},
    "adaptor": {"dim": 12, "inputs": EMBEDDING, "hidden": 8},
    "shortcut": {"tagger": "small", "arguments": {"classes": CLASSES, "widths": (4, 4, 4, 4, EMBEDDING)}},
}


def tags(rows: int) -> Tags:
    generator = torch.Generator().manual_seed(rows)
    clip = torch.rand(rows, CLASSES, generator=generator)
    return Tags(clip, None, torch.randn(rows, EMBEDDING, generator=generator))


def sound(rows: int) -> torch.Tensor:
    return 0.1 * torch.randn(rows, 3200, generator=torch.Generator().manual_seed(rows))


@pytest.fixture(params=shipped(conditions))
def any_condition(request: pytest.FixtureRequest) -> Condition:
    torch.manual_seed(0)
    return conditions.build(request.param, **TINY.get(request.param, {})).eval()


@pytest.fixture
def condition(any_condition: Condition) -> Condition:
    if not any_condition.by_example:
        pytest.skip("refuses examples, which has a test of its own")
    return any_condition


def test_each_can_be_asked_in_some_way_and_refuses_the_others_in_a_sentence(any_condition: Condition) -> None:
    condition = any_condition
    assert condition.by_example or condition.by_class or condition.by_words
    if not condition.by_example:
        with pytest.raises(UnweaveError):
            condition(tags(1), sound(1))
    if not condition.by_class:
        with pytest.raises(UnweaveError):
            condition.from_classes(tags(1).clip, torch.ones(CLASSES, dtype=torch.bool))
    if not condition.by_words:
        with pytest.raises(UnweaveError, match="words"):
            condition.from_words(["a dog"])


def test_a_name_asked_again_is_a_condition_or_nothing(any_condition: Condition) -> None:
    told = any_condition.asked_again(tags(3).clip, torch.tensor([0, 5, 526]))
    assert told is None or (told.shape == (3, any_condition.dim) and torch.isfinite(told).all())


@pytest.mark.parametrize("rows", [1, 3])
def test_example_gives_finite_vectors_of_the_promised_size(condition: Condition, rows: int) -> None:
    out = condition(tags(rows), sound(rows))
    assert out.shape == (rows, condition.dim)
    assert out.isfinite().all()


def test_rows_do_not_mix(condition: Condition) -> None:
    both = tags(2)
    alone = Tags(both.clip[1:], None, both.embedding[1:])
    torch.testing.assert_close(condition(both, sound(2))[1:], condition(alone, sound(2)[1:]), rtol=1e-4, atol=1e-5)


def test_different_sounds_give_different_vectors(condition: Condition) -> None:
    out = condition(tags(2), sound(2))
    assert not torch.allclose(out[0], out[1])


def test_tags_are_enough_unless_it_listens(condition: Condition) -> None:
    if condition.listens:
        with pytest.raises(UnweaveError, match="waveform"):
            condition(tags(1))
    else:
        assert torch.equal(condition(tags(1)), condition(tags(1), sound(1)))


def test_gradients_reach_every_weight_that_can_learn_and_not_the_tagger(condition: Condition) -> None:
    heard = tags(2)
    heard.clip.requires_grad_()
    heard.embedding.requires_grad_()
    weights = {name: weight for name, weight in condition.named_parameters() if weight.requires_grad}
    if not weights:
        return
    out = condition(heard, sound(2))
    (out * torch.linspace(-1, 1, out.numel()).reshape(out.shape)).sum().backward()
    assert [name for name, weight in weights.items() if weight.grad is None or not weight.grad.any()] == []
    assert heard.clip.grad is None and heard.embedding.grad is None


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

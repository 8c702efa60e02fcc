from __future__ import annotations

import pytest
import torch

from unweave.conditions import conditions
from unweave.errors import UnweaveError
from unweave.taggers import Tags, taggers


def small(**changes) -> torch.nn.Module:
    torch.manual_seed(0)
    return conditions.build("adaptor", **{"dim": 6, "inputs": 4, "hidden": 5, **changes})


def test_the_published_size_is_the_default():
    adaptor = conditions.build("adaptor")
    assert {name: tuple(weight.shape) for name, weight in adaptor.state_dict().items()} == {
        "fc1.weight": (2048, 2048),
        "fc1.bias": (2048,),
        "fc2.weight": (2048, 2048),
        "fc2.bias": (2048,),
    }
    assert adaptor.dropout.p == 0.5


def test_two_layers_with_leaky_rectifiers():
    adaptor = small().eval()
    tags = Tags(torch.rand(3, 2), None, torch.randn(3, 4))
    x = tags.embedding
    for layer in (adaptor.fc1, adaptor.fc2):
        x = layer(x)
        x = x.clamp(min=0) + 0.01 * x.clamp(max=0)
    torch.testing.assert_close(adaptor(tags), x)
    assert (x < 0).any()


def test_dropout_acts_in_training_alone():
    adaptor = small(dim=400)
    tags = Tags(torch.rand(1, 2), None, torch.randn(1, 4))
    silent = (adaptor(tags) == 0).float().mean()
    assert 0.4 < silent < 0.6
    assert (adaptor.eval()(tags) != 0).all()


def test_the_tagger_under_it_gets_no_gradient_and_the_adaptor_does():
    tagger = taggers.build("small", classes=3, widths=(4, 4, 4, 4, 4))
    adaptor = small(dropout=0.0)
    adaptor(tagger(0.1 * torch.randn(2, 3200))).square().sum().backward()
    assert all(weight.grad is None for weight in tagger.parameters())
    assert all(weight.grad is not None and weight.grad.any() for weight in adaptor.parameters())


def test_on_probabilities_it_can_be_asked_by_class():
    adaptor = small(layer="clip").eval()
    heard, mask = torch.rand(2, 4), torch.tensor([True, False, True, False])
    assert torch.equal(adaptor.from_classes(heard, mask), adaptor(Tags(heard * mask, None, torch.zeros(2, 1))))
    with pytest.raises(UnweaveError, match="example"):
        small().from_classes(heard, mask)


def test_another_layer_is_refused():
    with pytest.raises(UnweaveError, match="not on 'frames'"):
        small(layer="frames")

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import TinySeparator, TinyTagger, tiny_model

from unweave.conditions import conditions
from unweave.conditions.shortcut import Shortcut
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.pretrained.folder import load_folder
from unweave.taggers import Tagger, taggers

SMALL = {"classes": 3, "widths": (4, 4, 4, 4, 6), "dropout": 0.0}


def pair() -> tuple[Tagger, Shortcut]:
    torch.manual_seed(0)
    tagger = taggers.build("small", **SMALL).eval()
    shortcut = conditions.build("shortcut", tagger="small", arguments=SMALL)
    assert isinstance(shortcut, Shortcut)
    return tagger, shortcut


def noise(rows: int = 2) -> torch.Tensor:
    return 0.1 * torch.randn(rows, 3200, generator=torch.Generator().manual_seed(0))


def test_a_fresh_clone_doubles_the_embedding():
    tagger, shortcut = pair()
    shortcut.eval().start_from(tagger)
    tags = tagger(noise())
    torch.testing.assert_close(shortcut(tags, noise()), 2 * tags.embedding)
    assert shortcut.dim == 6


def test_the_clone_learns_and_the_frozen_tagger_does_not():
    tagger, shortcut = pair()
    shortcut.start_from(tagger)
    before = {name: weight.clone() for name, weight in tagger.state_dict().items()}
    learning = [weight for weight in shortcut.parameters() if weight.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.1)
    shortcut(tagger(noise()), noise()).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in learning)
    assert all(weight.grad is None for weight in tagger.parameters())
    optimiser.step()
    assert all(torch.equal(weight, before[name]) for name, weight in tagger.state_dict().items())
    assert not torch.equal(shortcut.clone.stem[0].weight, tagger.stem[0].weight)


def test_only_what_the_embedding_hears_can_learn():
    _, shortcut = pair()
    frozen = {name for name, weight in shortcut.named_parameters() if not weight.requires_grad}
    assert frozen == {"clone.head.weight", "clone.head.bias"}
    assert shortcut.clone.training
    norm = shortcut.clone.norm
    assert norm.num_batches_tracked == 0 and not norm.running_mean.any()  # looking did not touch the statistics


def test_it_wants_the_waveform_and_an_example():
    tagger, shortcut = pair()
    with pytest.raises(UnweaveError, match="the waveform"):
        shortcut(tagger(noise()))
    with pytest.raises(UnweaveError, match="--query"):
        shortcut.from_classes(torch.rand(1, 3), torch.ones(3, dtype=torch.bool))


def test_another_tagger_cannot_be_cloned():
    _, shortcut = pair()
    with pytest.raises(UnweaveError, match="clone is a SmallTagger cannot start from this TinyTagger"):
        shortcut.start_from(TinyTagger())


def test_a_model_with_it_separates_and_is_saved(tmp_path: Path):
    """A tiny clone hears what the tiny tagger hears, and twice a condition asks its separator for the same."""
    spec = {
        "tagger": {"name": "tiny", "arguments": {}},
        "condition": {"name": "shortcut", "arguments": {"tagger": "tiny"}},
        "separator": {"name": "tiny", "arguments": {"condition_dim": 4}},
    }
    shortcut = conditions.build("shortcut", tagger="tiny")
    model = Model(TinyTagger(), shortcut, TinySeparator(condition_dim=4), spec=spec)
    mixture, anchor = noise()[:, None], noise().flip(0)
    wanted = tiny_model(condition="embedding")(mixture, anchor)
    torch.testing.assert_close(model(mixture, anchor), wanted)
    model.save(tmp_path / "model")
    torch.testing.assert_close(load_folder(tmp_path / "model")(mixture, anchor), wanted)

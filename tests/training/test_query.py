"""Query nets: in every mode what is left to learn learns, and nothing else moves."""

from __future__ import annotations

import pytest
import torch
from parts import CLASSES, CONDITIONS, SEPARATORS, TAGGERS, tiny_condition, tiny_separator, tiny_tagger
from shipped import shipped
from torch import nn

from unweave.conditions import Condition, conditions
from unweave.errors import UnweaveError
from unweave.separators import Separator, separators
from unweave.taggers import Tagger, Tags, taggers
from unweave.training.method import QueriedSeparator
from unweave.training.optimisers import build_optimiser
from unweave.training.query import MODES, QueryNet, build_query, reinitialise

PLAIN = ("onehot", "soft", "embedding")
SENSE = {
    "freeze": (*PLAIN, "joint"),
    "random": (*PLAIN, "joint"),
    "scratch": ("soft", "embedding", "joint"),
    "finetune": ("soft", "embedding", "joint"),
    "shortcut": ("shortcut",),
    "adaptor": ("adaptor",),
}
COMBINATIONS = [
    (tagger, c, mode)
    for tagger in TAGGERS
    for mode, some in SENSE.items()
    for c in some
    if c != "joint" or tagger == "small"  # soft and embedding side by side; both are tried with every tagger
]
NONSENSE = [(c, mode) for mode in MODES for c in CONDITIONS if c not in SENSE[mode]]


def sound(rows: int = 3, samples: int = 6400, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(rows, samples, generator=torch.Generator().manual_seed(seed))


def query(tagger: str, condition: str, mode: str) -> QueryNet:
    heard = tiny_tagger(tagger)
    return build_query(heard, tiny_condition(condition, tagger, heard, seed=1), mode)


def step(query: QueryNet, separator: Separator, seed: int = 0) -> None:
    """One step as the loop takes it, which must reach and move all that has `requires_grad`, and nothing else."""
    whole = QueriedSeparator(query, separator).train()
    before = {name: value.clone() for name, value in whole.state_dict().items()}
    learning = {name: weight for name, weight in whole.named_parameters() if weight.requires_grad}
    optimiser = build_optimiser("adam", whole.parameters(), 1e-2, 0.0)
    (group,) = optimiser.param_groups
    assert {id(weight) for weight in group["params"]} == {id(weight) for weight in learning.values()}
    group["eps"] = 1e-20  # a step of the whole rate, however small the gradient
    target, tags = sound(2, 1600, seed), torch.eye(2, CLASSES, dtype=torch.bool)
    torch.manual_seed(2)  # dropout
    estimate = whole(target + sound(2, 1600, seed + 10), target, tags)
    (estimate - target).abs().mean().backward()
    assert [name for name, weight in learning.items() if weight.grad is None or not weight.grad.any()] == []
    optimiser.step()
    after = whole.state_dict()
    assert [name for name in learning if torch.equal(after[name], before[name])] == []
    frozen = {name for name, weight in whole.named_parameters() if not weight.requires_grad}
    if query.mode not in ("scratch", "finetune"):
        frozen |= {name for name in before if name.startswith("query.tagger.")}  # the statistics of batch norms, too
    assert [name for name in frozen if not torch.equal(after[name], before[name])] == []
    assert all(value.isfinite().all() for value in after.values())


def test_every_shipped_part_is_tried() -> None:
    assert sorted(TAGGERS) == shipped(taggers)
    assert sorted([*CONDITIONS, "text"]) == shipped(conditions)  # words are told, not heard: no target gives them
    assert sorted(SEPARATORS) == shipped(separators)


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize(("tagger", "condition", "mode"), COMBINATIONS)
def test_what_can_learn_moves_and_the_rest_stays(tagger: str, condition: str, mode: str, separator: str) -> None:
    net = query(tagger, condition, mode)
    assert net.learns == (mode not in ("freeze", "random"))
    assert net.tagger.training == (mode in ("scratch", "finetune"))
    step(net, tiny_separator(separator, net.dim))


@pytest.mark.parametrize(("condition", "mode"), NONSENSE)
def test_nonsense_is_refused_in_words(condition: str, mode: str) -> None:
    with pytest.raises(UnweaveError, match=r"use the (mode|condition)"):
        query("small", condition, mode)


def test_unknown_modes_and_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UnweaveError, match="known are freeze"):
        query("small", "soft", "frozen")
    heard = tiny_tagger("small")
    for name, arguments in (
        ("embedding", {"dim": 7}),
        ("adaptor", {"inputs": 7}),
        ("soft", {}),
        ("onehot", {"dim": 4}),
    ):
        mode = "adaptor" if name == "adaptor" else "freeze"
        with pytest.raises(UnweaveError, match="does not fit the tagger SmallTagger with 5 classes"):
            build_query(heard, conditions.build(name, **arguments), mode)
    with pytest.raises(UnweaveError, match="cannot start from this Panns"):
        build_query(tiny_tagger("panns-cnn6"), conditions.build("shortcut", tagger="tiny-small"), "shortcut")


def test_classifiers_that_only_an_embedding_passes_by_are_frozen() -> None:
    net = query("panns-cnn14", "embedding", "finetune")
    assert {name for name, weight in net.named_parameters() if not weight.requires_grad} == {
        "tagger.classifier.weight",
        "tagger.classifier.bias",
    }
    assert all(weight.requires_grad for weight in query("panns-cnn14", "soft", "finetune").parameters())


def test_a_frozen_tagger_hears_the_same_whatever_is_trained_around_it() -> None:
    net = query("panns-cnn6", "embedding", "freeze")
    whole = nn.Sequential(net, nn.Dropout())
    first = whole.eval()(sound())
    whole.train()
    assert whole.training and net.training and not net.tagger.training
    assert not any(part.training for part in net.tagger.modules())
    second = net(sound())
    assert torch.equal(first, second) and not second.requires_grad
    tags = net.tags(sound())
    assert isinstance(tags, Tags) and not tags.clip.requires_grad
    learning = query("panns-cnn6", "soft", "finetune")
    assert learning.tags(sound()).clip.requires_grad
    assert not learning.eval().tagger.training


@pytest.mark.parametrize("mode", MODES)
def test_weights_are_kept_or_drawn_anew(mode: str) -> None:
    heard = tiny_tagger("panns-cnn6")
    with torch.no_grad():
        for norm in heard.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.running_mean += 1
    before = {name: value.clone() for name, value in heard.state_dict().items()}
    condition = tiny_condition(mode if mode in CONDITIONS else "embedding", "panns-cnn6", heard)
    net = build_query(heard, condition, mode, seed=5)
    drawn = mode in ("random", "scratch")
    assert torch.equal(heard.state_dict()["hidden.weight"], before["hidden.weight"]) != drawn
    assert torch.equal(heard.blocks[0].layers[1].running_mean, torch.zeros(4)) == drawn
    if mode == "shortcut":
        torch.testing.assert_close(net.eval()(sound()), 2 * net.tags(sound()).embedding)


@pytest.mark.parametrize("name", TAGGERS)
def test_a_tagger_drawn_anew_is_like_a_new_one(name: str) -> None:
    """No weight is forgotten, the seed alone decides, and every layer's weights have the size that new ones have."""
    used, new = tiny_tagger(name), tiny_tagger(name, seed=9)
    first = None
    for _ in range(2):
        with torch.no_grad():
            for value in used.state_dict().values():
                value.fill_(7)
        state = torch.get_rng_state()
        reinitialise(used, seed=4)
        assert torch.equal(torch.get_rng_state(), state)
        values = {key: value.clone() for key, value in used.state_dict().items()}
        assert first is None or all(torch.equal(first[key], values[key]) for key in values)
        first = values
    reinitialise(used, seed=5)
    assert not all(torch.equal(first[key], value) for key, value in used.state_dict().items())
    for key, value in new.named_buffers():
        assert torch.equal(dict(used.named_buffers())[key], value), key
    for key, value in new.named_parameters():
        assert not (first[key] == 7).any(), key
        if value.numel() >= 32:
            assert 0.6 * value.norm() <= first[key].norm() <= 1.6 * value.norm(), key


class Learnable(Condition):
    """Somebody's own: a matrix on the probabilities, one that is never used, and one that was frozen on purpose."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.dim = 2
        self.used, self.idle, self.kept = (nn.Linear(classes, 2) for _ in range(3))
        self.kept.requires_grad_(False)

    def forward(self, tags: Tags, waveform: torch.Tensor | None = None) -> torch.Tensor:
        return self.used(tags.clip) + self.kept(tags.clip)


def test_conditions_of_ones_own_learn_over_a_frozen_tagger() -> None:
    heard: Tagger = tiny_tagger("small")
    net = build_query(heard, Learnable(heard.classes), "freeze")
    assert {name for name, weight in net.named_parameters() if weight.requires_grad} == {
        "condition.used.weight",
        "condition.used.bias",
    }
    step(net, tiny_separator("small", net.dim))

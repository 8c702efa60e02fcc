import numpy as np
import pytest
import torch
from sounds import write_collection

from unweave.conditions.soft import Soft
from unweave.data.index import read_index
from unweave.data.store import Store, build_store
from unweave.separators.small import SmallSeparator
from unweave.taggers.small import SmallTagger
from unweave.training.separation import SeparationSettings, SeparationTask

KINDS = ("soft", "named", "node", "absent")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    build_store(read_index(write_collection(folder)), folder / "store.h5")
    torch.manual_seed(0)
    tagger = SmallTagger(widths=(4, 4, 4, 4, 4))
    separator = SmallSeparator(widths=(4, 4, 4), hidden=8)
    return separator, tagger, Store(folder / "store.h5")


def task(parts, shares, gain=0.0):
    settings = SeparationSettings(
        batch=2, seconds=1.0, gain=gain, shares={kind: shares.get(kind, 0.0) for kind in KINDS}
    )
    return SeparationTask(parts[0], parts[1], Soft(normalise=True), parts[2], settings)


def by_name(condition):
    # A clip without a class cannot be asked for by name; it is asked for by its probabilities.
    return condition * (condition.sum(1, keepdim=True) == 1)


def test_a_mixture_is_the_sum_of_its_two_targets_at_equal_energy(parts):
    made = task(parts, {"named": 1.0})
    for _ in range(5):
        example = made.draw()
        pairs = example.target.view(2, 2, -1)
        assert torch.allclose(pairs.sum(1), example.mixture, atol=1e-6)
        energy = pairs.square().sum(2)
        assert torch.allclose(energy[:, 0], energy[:, 1], rtol=1e-3)
        assert example.row.tolist() == [0, 0, 1, 1]


def test_the_two_of_a_mixture_are_asked_for_by_different_names(parts):
    made = task(parts, {"named": 1.0})
    for _ in range(10):
        condition = by_name(made.draw().condition).view(2, 2, 527)
        assert not (condition[:, 0] * condition[:, 1]).any()


def test_an_absent_class_gives_silence(parts):
    example = task(parts, {"absent": 1.0}).draw()
    assert not example.target.any()
    assert torch.equal(example.condition.sum(1), torch.ones(4))  # each one asks for one class


def test_soft_and_node_conditions_are_scaled_to_one(parts):
    for kind in ("soft", "node"):
        condition = task(parts, {kind: 1.0}).draw().condition
        assert torch.allclose(condition.amax(1), torch.ones(4))


def test_draws_depend_on_the_seed_alone_and_can_go_on(parts):
    shares = {"soft": 0.25, "named": 0.25, "node": 0.25, "absent": 0.25}
    one, two = task(parts, shares), task(parts, shares)
    assert torch.equal(one.draw().mixture, two.draw().mixture)
    three = task(parts, shares)
    three.load_state_dict(one.state_dict())
    expected, got = one.draw(), three.draw()
    assert torch.equal(expected.mixture, got.mixture) and torch.equal(expected.condition, got.condition)


def test_the_loss_reaches_every_weight_of_the_separator_and_none_of_the_tagger(parts):
    made = task(parts, {"named": 0.5, "soft": 0.5}, gain=5.0)
    loss, values = made.loss()
    loss.backward()
    assert all(p.grad is not None for p in parts[0].parameters())
    assert all(p.grad is None for p in parts[1].parameters())
    assert np.isfinite(values["improvement"])


def test_measured_on_valid_clips(parts):
    scores = task(parts, {"named": 1.0}).evaluate(parts[0].eval())
    assert all(np.isfinite(value) for value in scores.values())

from dataclasses import replace

import numpy as np
import pytest
import torch
from planted import PlantedStore
from sounds import write_collection

from unweave.conditions.soft import Soft
from unweave.data.datasets.index import index
from unweave.data.store import Store, append
from unweave.ontology import Ontology
from unweave.separators.small import SmallSeparator
from unweave.taggers.small import SmallTagger
from unweave.training.separation import SeparationSettings, SeparationTask

KINDS = ("soft", "named", "node", "absent")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    append(index(write_collection(folder)), folder / "store")
    torch.manual_seed(0)
    tagger = SmallTagger(widths=(4, 4, 4, 4, 4))
    separator = SmallSeparator(widths=(4, 4, 4), hidden=8)
    return separator, tagger, Store(folder / "store"), folder / "detector.npz"


def task(parts, shares, gain=0.0, **arguments):
    settings = SeparationSettings(
        batch=2, seconds=1.0, gain=gain, shares={kind: shares.get(kind, 0.0) for kind in KINDS}, **arguments
    )
    return SeparationTask(parts[0], parts[1], Soft(normalise=True), parts[2], settings, parts[3])


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


def test_some_mixtures_are_far_from_equal_energy_if_asked_for(parts):
    made = task(parts, {"named": 1.0}, wide=0.5, wide_gain=20.0)
    apart = []
    for _ in range(20):
        energy = made.draw().target.view(2, 2, -1).square().sum(2)
        apart += (10 * torch.log10(energy[:, 1] / energy[:, 0])).tolist()
    apart = np.abs(apart)
    assert apart.max() < 20.01 and 0.2 < np.mean(apart < 0.01) < 0.8 and np.mean(apart > 10) > 0.1
    narrow = task(parts, {"named": 1.0}, gain=3.0, wide=0.0)
    energy = narrow.draw().target.view(2, 2, -1).square().sum(2)
    assert (10 * torch.log10(energy[:, 1] / energy[:, 0])).abs().max() < 3.01


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
    loss, values = made.loss(made.net.train(), made.draw())
    loss.backward()
    assert all(p.grad is not None for p in parts[0].parameters())
    assert all(p.grad is None for p in parts[1].parameters())
    assert np.isfinite(values["improvement"])


def test_measured_on_valid_clips(parts):
    made = task(parts, {"named": 1.0})
    scores = made.evaluate(made.net.eval())
    assert len(scores) == 2 and all(np.isfinite(value) for value in scores.values())


def test_a_separator_that_knows_the_answer_is_measured_as_perfect(parts):
    made = task(parts, {"named": 1.0})
    perfect = made.valid.measure(lambda mixture, target, asked: target)
    nothing = made.valid.measure(lambda mixture, target, asked: mixture)
    assert min(perfect.values()) > 60 and nothing == pytest.approx(dict.fromkeys(nothing, 0.0), abs=1e-3)


def test_two_processes_draw_different_clips(parts):
    settings = SeparationSettings(batch=1, seconds=1.0, shares={"named": 1.0})
    ranks = [
        SeparationTask(parts[0], parts[1], Soft(normalise=True), parts[2], settings, parts[3], rank=rank, world=2)
        for rank in (0, 1)
    ]
    drawn = [set(made.draw().rows.tolist()) for made in ranks]
    assert not drawn[0] & drawn[1] and all(len(rows) == 2 for rows in drawn)


def test_the_clips_of_a_batch_are_named(parts):
    made = task(parts, {"named": 1.0})
    example = made.draw()
    assert made.names(example) == [parts[2].name(int(row)) for row in example.rows]


def test_the_detector_listens_once(parts, monkeypatch):
    task(parts, {"named": 1.0})
    monkeypatch.setattr(parts[1], "forward", None)
    assert task(parts, {"named": 1.0}).curves.keys() == set(parts[2].rows("train").tolist())


def test_another_tagger_listens_anew(parts):
    first = task(parts, {"named": 1.0}).curves
    torch.manual_seed(1)
    other = SmallTagger(widths=(4, 4, 4, 4, 4))
    settings = SeparationSettings(batch=2, seconds=1.0, shares={"named": 1.0})
    second = SeparationTask(parts[0], other, Soft(normalise=True), parts[2], settings, parts[3]).curves
    assert first.keys() == second.keys() and not all(np.array_equal(first[row], second[row]) for row in first)


def test_a_class_that_nearly_every_clip_holds_is_worked_around(tmp_path):
    store = PlantedStore(train=(3, 3, 3))
    store.clips = [
        replace(clip, classes=(0, 1)) if i % 3 else clip for i, clip in enumerate(store.clips)
    ]  # two clips of three hold the same two classes
    store.bandwidths = np.full(len(store), 16000, np.float32)
    torch.manual_seed(0)
    parts = SmallSeparator(condition_dim=3, widths=(4, 4, 4), hidden=8), SmallTagger(3, widths=(4, 4, 4, 4, 4))
    settings = SeparationSettings(batch=4, seconds=0.5, shares={"named": 1.0})
    made = SeparationTask(*parts, Soft(3, True), store, settings, tmp_path / "heard.npz", ontology=Ontology.flat("abc"))
    sizes = set()
    for _ in range(10):
        example = made.draw()
        sizes.add(len(example.mixture))
        holds = made.holds[example.rows].reshape(-1, 2, 3)
        assert not (holds[:, 0] & holds[:, 1]).any()
    assert max(sizes) <= 4

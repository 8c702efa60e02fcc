"""What the separator is told, by each way of asking."""

import math

import numpy as np
import pytest
import torch
from sets import write_set
from tiny import INDEXES, tiny_model

from unweave.conditions.soft import Soft
from unweave.errors import UnweaveError
from unweave.evaluation.asking import Asker, Heard, ways_of
from unweave.evaluation.averages import Averages
from unweave.evaluation.items import Item, Piece
from unweave.evaluation.mixtures import make_mixture


def heard(benchmark, item, model):
    sound = make_mixture(benchmark, item)

    def probabilities():
        tags = model.tagger(torch.from_numpy(sound.mixture))
        return tags.clip, tags.told

    return Heard(item, sound.mixture, sound.target, probabilities)


@pytest.fixture
def made(tmp_path):
    benchmark, model = write_set(tmp_path), tiny_model(normalise=False)
    return benchmark, model, Averages(model, benchmark, tmp_path / "kept")


def test_each_way_says_what_it_should(made):
    benchmark, model, averages = made
    item = benchmark.items[1]  # a dog with a siren
    told = Asker(model, averages).conditions(heard(benchmark, item, model))
    assert list(told) == ["oracle", "average", "example", "soft", "onehot"]
    dog, siren = INDEXES[1], INDEXES[2]
    for way in ("oracle", "average", "example"):
        assert told[way][0, dog] == pytest.approx(1, abs=0.01)
    assert told["soft"][0, dog] == pytest.approx(0.5, abs=0.01) and told["soft"][0, siren] == 0
    assert told["onehot"][0, dog] == 1 and told["onehot"].sum() == 1


def test_a_name_is_told_with_the_hints_that_people_get_who_ask_by_it(tmp_path):
    benchmark, model = write_set(tmp_path), tiny_model()
    model.condition = Soft(model.condition.dim, normalise=True, hint=0.5)
    dog, siren = INDEXES[1], INDEXES[2]
    model.condition.alike[dog, siren] = True
    item = heard(benchmark, benchmark.items[1], model)  # a dog with a siren
    (told,) = Asker(model, Averages(model, benchmark), ("onehot",)).conditions(item).values()
    clip, _ = item.probabilities()
    assert told[0, dog] == 1 and told[0, siren] == pytest.approx(float(0.5 * clip[0, siren] / clip.max()), rel=1e-5)
    assert told[0, siren] > 0.1 and told.count_nonzero() == 2


def test_a_model_that_needs_examples_is_not_asked_by_class(tmp_path):
    benchmark, model = write_set(tmp_path), tiny_model(condition="embedding")
    averages = Averages(model, benchmark)
    assert ways_of(model, averages) == ("oracle", "average", "example")
    with pytest.raises(UnweaveError, match="cannot be asked by 'soft'"):
        Asker(model, averages, ("oracle", "soft"))


def test_without_examples_there_is_no_average(tmp_path):
    benchmark, model = write_set(tmp_path, examples={}), tiny_model()
    assert ways_of(model, Averages(model, benchmark)) == ("oracle", "soft", "onehot")


def test_a_class_that_the_model_does_not_know_cannot_be_asked_for(tmp_path):
    benchmark, model = write_set(tmp_path), tiny_model(known=(INDEXES[0],))
    told = Asker(model, Averages(model, benchmark)).conditions(heard(benchmark, benchmark.items[1], model))
    assert set(told) == {"oracle", "average", "example"}


def test_the_average_is_that_of_equation_9_and_is_kept(made, tmp_path):
    benchmark, model, averages = made
    pieces = [Piece("Dog-example.wav"), Piece("Siren-example.wav")]
    benchmark.examples["both"] = pieces
    mean = averages.average("both")
    assert mean is not None
    assert [mean[INDEXES[1]].item(), mean[INDEXES[2]].item()] == pytest.approx([0.5, 0.5], abs=0.02)
    before = model.tagger.heard
    again = Averages(model, benchmark, tmp_path / "kept").average("both")
    assert again is not None and torch.equal(again, mean) and model.tagger.heard == before


def test_an_average_that_was_kept_is_not_taken_for_that_of_other_examples(made, tmp_path):
    benchmark, model = made[0], made[1]
    benchmark.examples["both"] = [Piece("Dog-example.wav")]
    kept = tmp_path / "kept"
    dog = Averages(model, benchmark, kept).average("both")
    benchmark.examples["both"] = [Piece("Siren-example.wav")]
    assert not torch.allclose(Averages(model, benchmark, kept).average("both"), dog)
    benchmark.examples["both"] = [Piece("Dog-example.wav")]
    assert torch.equal(Averages(model, benchmark, kept).average("both"), dog)


def test_a_weighted_average_listens_to_what_holds_the_class(made):
    """A siren among the examples of a dog has next to no say in it; in the plain average it has half."""
    benchmark, model, averages = made
    item = benchmark.items[1]  # a dog
    benchmark.examples[item.label] = [Piece("Dog-example.wav"), Piece("Siren-example.wav")]
    told = Asker(model, averages, ("average", "weighted")).conditions(heard(benchmark, item, model))
    assert list(told) == ["average", "weighted"]
    dog, siren = INDEXES[1], INDEXES[2]
    assert told["average"][0, siren] == pytest.approx(0.5, abs=0.02)
    assert told["weighted"][0, dog] == pytest.approx(1, abs=0.02) and told["weighted"][0, siren] < 0.02
    assert "weighted" not in Asker(model, averages).ways, "only if it is named: it costs as much as an average"


def test_one_example_depends_on_the_item_alone(made):
    benchmark, _, averages = made
    benchmark.examples["both"] = [Piece("Dog-example.wav"), Piece("Siren-example.wav")]
    drawn = [averages.example("both", f"item {i}") for i in range(20)]
    assert {int(vector.argmax()) for vector in drawn if vector is not None} == {INDEXES[1], INDEXES[2]}
    assert torch.equal(averages.example("both", "item 3"), drawn[3])


def test_a_silent_target_and_examples_that_cannot_be_heard_give_nothing(made):
    benchmark, model, averages = made
    benchmark.examples["gone"] = [Piece("nowhere.wav")]
    silent = heard(benchmark, Item("x", "gone", (), (Piece("Dog.wav"),)), model)
    assert Asker(model, averages).conditions(silent) == {}


def test_averages_of_silence_are_never_nan(made):
    _, _, averages = made
    assert not math.isnan(float(averages.of_segments(np.zeros((2, 8000), np.float32)).sum()))

"""Rows of separation: references where they belong, the right way asked, silence and unknown classes left out."""

import math
from dataclasses import replace

import pytest
from sets import write_set
from tiny import INDEXES, tiny_model

from unweave.evaluation import runs
from unweave.evaluation.asking import WAYS, Asker
from unweave.evaluation.averages import Averages
from unweave.evaluation.items import Item, Piece
from unweave.evaluation.separation import REFERENCES, SeparationMeasurer


def test_what_reports_call_the_systems_is_what_they_are_called():
    assert tuple(REFERENCES) == runs.REFERENCES
    assert set(WAYS) == {runs.ORACLE, *runs.ASKED}


def measurer(benchmark, **changes):
    model = tiny_model(**changes)
    return SeparationMeasurer(model, benchmark, Asker(model, Averages(model, benchmark)))


def by_system(rows, item):
    return {row["system"]: row for row in rows if row["item"] == item.id}


def test_the_mixture_gains_nothing_and_ideal_masks_top_it(tmp_path):
    benchmark = write_set(tmp_path)
    rows = measurer(benchmark)(benchmark.items)
    for item in benchmark.items:
        found = by_system(rows, item)
        assert list(found) == [
            "mixture",
            "ideal ratio mask",
            "ideal complex mask",
            "oracle",
            "average",
            "example",
            "soft",
            "onehot",
        ]
        assert found["mixture"]["sdri"] == 0.0
        assert 10 < found["ideal ratio mask"]["sdri"] <= found["ideal complex mask"]["sdri"]
        assert min(found[way]["sdri"] for way in ("oracle", "average", "example", "soft", "onehot")) > 10


def test_a_model_that_returns_the_mixture_scores_zero(tmp_path):
    benchmark = write_set(tmp_path)
    rows = measurer(benchmark, identity=True)(benchmark.items)
    assert all(abs(row["sdri"]) < 1e-3 for row in rows if row["system"] in ("oracle", "onehot"))


def test_the_rows_of_an_item_do_not_depend_on_its_neighbours(tmp_path):
    benchmark = write_set(tmp_path)
    together = measurer(benchmark)(benchmark.items)
    alone = [row for item in benchmark.items for row in measurer(benchmark)([item])]
    assert [row["item"] for row in together] == [row["item"] for row in alone]
    assert [row["sdr"] for row in together] == pytest.approx([row["sdr"] for row in alone], abs=1e-3)


def test_a_model_at_another_rate_is_scored_at_the_items(tmp_path):
    benchmark = write_set(tmp_path, sample_rate=11025)
    rows = measurer(benchmark)(benchmark.items)
    assert min(row["sdri"] for row in rows if row["system"] == "onehot") > 10


def test_silent_targets_have_figures_of_silence_alone(tmp_path):
    benchmark = write_set(tmp_path, metrics=("sdr", "suppression"))
    absent = Item("x", "Rain", (), (Piece("Dog.wav"), Piece("Siren.wav")), classes=(benchmark.items[3].classes[0],))
    rows = by_system(measurer(benchmark)([absent, benchmark.items[0]]), absent)
    assert math.isnan(rows["onehot"]["sdri"]) and rows["onehot"]["suppression"] > 20
    assert rows["mixture"]["suppression"] == pytest.approx(0, abs=1e-6)
    assert math.isnan(rows["oracle"]["suppression"])  # nothing can be heard in the target


def test_what_is_asked_for_by_name_passes_the_gate_of_the_model(tmp_path):
    benchmark = write_set(tmp_path)
    target = benchmark.items[0]
    open_, shut = (by_system(measurer(benchmark, class_gate=gate)([target]), target) for gate in (0.0, 1.0))
    assert open_["onehot"]["sdr"] > 10 and abs(shut["onehot"]["sdr"]) < 1e-3  # of silence: 0 dB
    assert {way: open_[way]["sdr"] for way in ("oracle", "soft")} == {
        way: shut[way]["sdr"] for way in ("oracle", "soft")
    }


def test_a_class_that_is_not_known_leaves_the_row_without_figures(tmp_path):
    benchmark = write_set(tmp_path)
    rows = measurer(benchmark, known=(INDEXES[0],))(benchmark.items)
    without = [row["label"] for row in rows if row["system"] == "onehot" and math.isnan(row["sdr"])]
    assert without == ["Dog", "Siren", "Rain", "Dog"]


def test_the_lowpassed_variant_is_about_the_lower_band(tmp_path):
    benchmark = replace(write_set(tmp_path), lowpass=1500.0)
    dog = benchmark.items[1]  # with a siren, which the low-pass takes out
    rows = by_system(measurer(benchmark)([dog]), dog)
    assert rows["mixture"]["sdr"] > 30

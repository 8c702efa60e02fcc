"""The card of the model in the box is made of its model.json and of the table of its figures."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from unweave.evaluation.table import Table
from unweave.pretrained.describe import read_description
from unweave.pretrained.registry import find_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("results")


def test_the_card_holds_what_the_model_says_and_the_table(pages):
    table = Table("small", ("sounds", "value"), (("two | sounds", "1.23 [1.00, 2.00]"),), ("A note.",))
    card = pages.card("small", table, "unweave evaluate local=DATA", "2026-01-02")
    about = read_description(find_model("small").path)["about"]
    assert about["licence"] in card and about["data"] in card
    assert all(sentence in card for sentence in about["limits"].rstrip(".").split(". "))
    assert "| two \\| sounds | 1.23 [1.00, 2.00] |" in card and "    unweave evaluate local=DATA\n" in card
    assert "2026-01-02, weights " in card and "A note." in card


def test_places_of_this_machine_are_not_in_the_pages(pages):
    text = "unweave evaluate local=/sounds --option stems=/sounds/stems, of sounds"
    said = pages.anonymous(text, Path("/sounds"), Path("/sounds/stems"))
    assert said == "unweave evaluate local=DATA --option stems=STEMS, of sounds"

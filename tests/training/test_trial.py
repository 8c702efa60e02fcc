"""unweave train RECIPE --try: the whole way of a recipe in a tiny size."""

from __future__ import annotations

import pytest

import unweave
from unweave.cli.main import run as command
from unweave.training.faithful import row_card
from unweave.training.reading import read_recipe, recipe_names
from unweave.training.trial import STEPS, tiny
from unweave.training.unused import unused

NAMES = [name.removesuffix(".yaml") for name in recipe_names()]


@pytest.mark.parametrize("name", NAMES)
def test_what_makes_a_row_stays_and_what_makes_it_long_goes(name, tmp_path):
    whole = read_recipe(name, [f"folder={tmp_path}", f"data.store={tmp_path / 'none'}"])
    small = tiny(whole)
    assert list(unused(small)) == []
    assert small.folder == tmp_path / "try" and small.name == f"{whole.name}-try"
    assert (small.tagger.mode, small.condition.name) == (whole.tagger.mode, whole.condition.name)
    for before, after in zip(whole.separator.learn, small.separator.learn, strict=True):
        assert after.how == before.how and after.loop.steps == STEPS and after.batch <= 4
        assert after.loop.optimiser == before.loop.optimiser
        if after.how == "paper":
            assert (after.mining, after.mixing, after.loss) == (before.mining, before.mixing, before.loss)
    assert small.data.dataset == "toy", "clips that are not prepared are not prepared for a trial"
    assert row_card(small, None) == {}, "no table takes it for the row"


@pytest.mark.parametrize("name", ["paper/table8-3-sources", "paper/table4-shortcut", "shared-data"])
def test_it_runs_its_whole_way_and_says_that_it_is_no_result(name, tmp_path, capsys):
    words = ["train", name, "--try", f"folder={tmp_path}", f"data.store={tmp_path / 'none'}"]
    assert command([*words, *([] if name == "shared-data" else ["separator.learn.0.loop.device=cpu"])]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "try" / "model")
    assert "made-up sounds stand in" in said.err and "is no result" in said.err and "measured on" in said.err
    model = unweave.load_model(tmp_path / "try" / "model")
    assert model.card["what"] == "A trial of a recipe: no result"

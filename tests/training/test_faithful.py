"""What a model says of how far its training was that of the row it is called after."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from unweave.data.vocabulary import Vocabulary
from unweave.evaluation.paper import paper_rows
from unweave.training.faithful import CLIPS, row_card
from unweave.training.reading import read_recipe

ROWS = [row.recipe for row in paper_rows()]
WEIGHTS = {
    "table2-wav2vec": ["tagger.part.arguments.weights=wav2vec"],
    "table2-speaker": ["tagger.part.arguments.weights=speaker.pt"],
    "table2-htsat": ["tagger.weights=htsat.ckpt"],
}


def store(clips: int = CLIPS["balanced"], audioset: bool = True):
    """Stands in for as many clips."""
    vocabulary = Vocabulary.audioset() if audioset else Vocabulary.own(("Dog", "Rain"))
    return SimpleNamespace(vocabulary=vocabulary, rows=lambda split: range(clips if split == "train" else 0))


def differs(name, changes=(), **of):
    recipe = read_recipe(f"paper/{name}", changes)
    return row_card(recipe, store(**of))["paper_row"]["differs"]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_as_it_stands_differs_in_nothing(name):
    clips = CLIPS[str(read_recipe(f"paper/{name}").data.options["subset"])]
    free = ["folder=elsewhere", "seed=3", "data.store=s", "data.root=r", "data.workers=2"]
    free += [f"separator.learn.0.loop.{key}" for key in ("device=cuda", "evaluate_every=7", "save_every=9")]
    for number in (clips, round(0.94 * clips)):
        assert differs(name, [*free, *WEIGHTS.get(name, [])], clips=number) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("separator.learn.0.loop.steps=4", "separator.learn.0.loop.steps is 4, not 600000"),
        ("separator.learn.0.batch=2", "separator.learn.0.batch is 2, not 16"),
        ("separator.learn.0.loss=snr", "separator.learn.0.loss is snr, not l1"),
        ("separator.learn.0.mining.seconds=1", "separator.learn.0.mining.seconds is 1.0, not 2.0"),
        ("data.sampler=random", "data.sampler is random, not balanced"),
        ("tagger.weights=panns-cnn6", "tagger.weights is panns-cnn6, not panns-cnn14"),
        ("separator.part.name=resunet30", "separator.part.name is resunet30, not resunet30-paper"),
        ("settings.threshold=0.1", "settings.threshold is 0.1, not left out"),
    ],
)
def test_each_change_is_said(change, said):
    assert differs("table8-2-sources", [change]) == [said]


def test_widths_of_a_narrow_net_are_said():
    (said,) = differs("table5-unet", ["separator.part.arguments.widths=[2, 3]"])
    assert said == "separator.part.arguments.widths is [2, 3], not [32, 64, 128, 256, 512, 1024]"


def test_few_clips_and_other_classes_are_said():
    assert differs("table2-cnn14", clips=30) == ["it learnt from 30 clips, not from 22160 (or at least 90% of them)"]
    assert differs("table10-full", clips=CLIPS["balanced"]) != []
    assert differs("table2-cnn14", audioset=False)[0] == "it knows 2 classes of its own, not AudioSet's 527"


@pytest.mark.parametrize("name", ["table2-wav2vec", "table2-speaker"])
def test_a_tagger_that_nobody_gave_its_weights_is_not_the_papers(name):
    assert differs(name) == [f"its {name.split('-')[1]} has no published weights"]


def test_recipes_of_other_names_say_nothing():
    for name in ("paper/base", "toy", "ablation/base"):
        assert row_card(read_recipe(name), store()) == {}

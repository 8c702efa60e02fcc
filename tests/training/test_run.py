"""From a folder of tagged sounds to a model that separates, with a recipe of two steps."""

import numpy as np
import pytest
import yaml
from sounds import sound, write_collection

import unweave
from unweave.data.index import read_index
from unweave.errors import UnweaveError
from unweave.training import run as run_module
from unweave.training.recipe import read_recipe
from unweave.training.run import run

LOOP = {"steps": 2, "warmup": 1, "average": 0.5, "evaluate_every": 2, "save_every": 1, "log_every": 1}


class MadeUpTeacher:
    """Hears nothing but what it is told: the scores that a LiteRT file would give are not the point here."""

    def __init__(self, model, classes) -> None:
        self.known = np.arange(527)

    def __call__(self, waveform, sample_rate):
        patches = max(1, int((len(waveform) / sample_rate - 0.96) / 0.48) + 1)
        return np.full((patches, 527), 0.01, np.float32)


@pytest.fixture
def recipe_path(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "Teacher", MadeUpTeacher)
    recipe = {
        "name": "tiny",
        "folder": str(tmp_path / "run"),
        "data": {"index": str(write_collection(tmp_path)), "teacher": "none", "teacher_classes": "none"},
        "tagger": {"part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}}, "batch": 4, "loop": LOOP},
        "condition": {"name": "soft", "arguments": {"normalise": True}},
        "separator": {
            "part": {"name": "small", "arguments": {"widths": [4, 4, 4], "hidden": 8}},
            "batch": 2,
            "shares": {"soft": 0.5, "named": 0.5},
            "weights": {"Speech": 2, "": 1},
            "loop": LOOP,
        },
        "settings": {"name": "tiny"},
        "card": {"what": "a test"},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def test_a_recipe_ends_with_a_model_that_separates(recipe_path, tmp_path):
    run(read_recipe(recipe_path))
    model = unweave.load_model(tmp_path / "run" / "model")
    audio = sound("Dog", 7)[None] + sound("Rain", 7)
    tracks = model.separate(audio, 32000, classes=["Dog", "Rain"])
    assert [track.name for track in tracks] == ["Dog", "Rain", "residual"]
    assert np.abs(sum(track.audio for track in tracks) - audio).max() < 1e-4


def test_every_committed_recipe_is_read():
    from pathlib import Path

    recipes = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
    assert recipes
    for path in recipes:
        assert read_recipe(path).name


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("tagger.loop.stesp=3", "Did you mean steps"),
        ("seed=many", "seed"),
        ("colour=red", "colour"),
        ("nonsense", "key=value"),
    ],
)
def test_a_wrong_key_or_value_is_said(recipe_path, override, said):
    with pytest.raises(UnweaveError, match=said):
        read_recipe(recipe_path, [override])


def test_no_recipe_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="no recipe"):
        read_recipe(tmp_path / "none.yaml")


def test_index_of_the_made_collection_has_both_sides(tmp_path):
    assert {clip.split for clip in read_index(write_collection(tmp_path))} == {"train", "valid"}

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import RATE, TinySeparator, TinyTagger, tiny_model, tones

from unweave.conditions.soft import Soft
from unweave.errors import ModelFileError, UnweaveError
from unweave.model import Model
from unweave.pretrained.folder import load_folder
from unweave.pretrained.saving import save


def test_model_comes_back_as_it_was(tmp_path: Path) -> None:
    model = tiny_model(known=(0, 74), threshold=0.3)
    model.card["what"] = "bands"
    model.tagger.weight.data.normal_()
    loaded = load_folder(model.save(tmp_path / "deep" / "m"))
    assert loaded.settings == model.settings and loaded.card == model.card and loaded.spec == model.spec
    assert all(torch.equal(loaded.state_dict()[name], value) for name, value in model.state_dict().items())
    x = tones(2, spans={0: (0, 2), 1: (0, 2)})
    for a, b in zip(model.separate(x, RATE, level=1), loaded.separate(x, RATE, level=1), strict=True):
        assert a.name == b.name and np.array_equal(a.audio, b.audio)
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["m"]


def test_half_precision_is_stored_small_and_loaded_whole(tmp_path: Path) -> None:
    model = tiny_model()
    model.tagger.weight.data.normal_()
    model.tagger.register_buffer("table", torch.rand(3, 3))
    folder = save(model, tmp_path / "m", torch.float16)
    stored = load_file(folder / "model.safetensors")
    assert stored["tagger.weight"].dtype == torch.float16 and stored["tagger.table"].dtype == torch.float32
    stored.pop("tagger.table")
    save_file(stored, folder / "model.safetensors")
    loaded = load_folder(folder)
    assert loaded.tagger.weight.dtype == torch.float32
    assert torch.allclose(loaded.tagger.weight, model.tagger.weight, rtol=1e-3)


def test_model_that_cannot_say_how_it_was_built_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="does not say how its tagger"):
        save(Model(TinyTagger(), Soft(), TinySeparator()), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "diary.txt").write_text("dear")
    with pytest.raises(UnweaveError, match="not made by unweave"):
        save(tiny_model(), tmp_path / "m")
    assert (tmp_path / "m" / "diary.txt").exists()
    folder = save(tiny_model(), tmp_path / "n")
    assert save(tiny_model(threshold=0.5), folder) == folder and load_folder(folder).settings.threshold == 0.5


def broken(folder: Path, what: str) -> None:
    description, weights = folder / "model.json", folder / "model.safetensors"
    plain = json.loads(description.read_text("utf-8"))
    state = load_file(weights)
    if what == "no description":
        description.unlink()
    elif what == "no json":
        description.write_text("{")
    elif what == "no weights":
        weights.unlink()
    elif what == "cut weights":
        weights.write_bytes(weights.read_bytes()[:50])
    elif what == "missing":
        save_file({"other": torch.zeros(1)}, weights)
    elif what == "unknown":
        save_file({**state, "other": torch.zeros(1)}, weights)
    elif what == "misshapen":
        save_file({**state, "tagger.weight": torch.zeros(3)}, weights)
    else:
        path, value = {
            "schema": ("schema", 99),
            "part": ("parts", {"tagger": "tiny"}),
            "unregistered": ("parts", {"separator": {"name": "nosuch"}}),
            "arguments": ("parts", {"separator": {"name": "tiny", "arguments": {"a": 1}}}),
            "tagger alone": ("parts", {"tagger": {"name": "tiny"}}),
            "settings": ("settings", {"nonsense": 1}),
            "card": ("about", "text"),
        }[what]
        description.write_text(json.dumps({**plain, path: value}))


@pytest.mark.parametrize(
    "what",
    "no description|no json|no weights|cut weights|missing|unknown|misshapen|schema|part|unregistered|arguments|"
    "tagger alone|settings|card".split("|"),
)
def test_damaged_folder_is_refused_in_words(tmp_path: Path, what: str) -> None:
    folder = save(tiny_model(), tmp_path / "m")
    broken(folder, what)
    with pytest.raises(UnweaveError) as caught:
        load_folder(folder)
    assert isinstance(caught.value, ModelFileError) or what in ("unregistered", "arguments")
    assert str(caught.value).count("\n") == 0 and len(str(caught.value)) > 20

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from reference_fill import light_state
from tiny import tiny_model

import unweave
from unweave.errors import UnweaveError
from unweave.pretrained import load, registry
from unweave.pretrained.registry import ModelInfo


def checkpoint(folder: Path, *networks: tuple[str, str]) -> Path:
    state = {key: value for name, prefix in networks for key, value in light_state(name, prefix).items()}
    torch.save({"state_dict": state}, folder / "step=1.ckpt")
    return folder / "step=1.ckpt"


@pytest.mark.parametrize(
    ("separator", "by_class"), [("uss_resunet30_at_soft", True), ("uss_resunet30_embedding", False)]
)
def test_published_checkpoint_is_a_model(tmp_path: Path, separator: str, by_class: bool) -> None:
    path = checkpoint(tmp_path, (separator, "ss_model."), ("panns_cnn14", "query_net.base."))
    model = unweave.load_model(path, device="cpu")
    assert model.condition.by_class is by_class and model.sample_rate == 32000
    ours, theirs = model.settings, model.published().settings
    assert (theirs.segment_seconds, theirs.overlap_seconds) == (2, 0)
    assert ours.overlap_seconds and ours.segment_seconds - ours.overlap_seconds == 2, "as many segments, cross-faded"
    assert not model.training and model.name == "step=1"
    if not by_class:
        with pytest.raises(UnweaveError, match="--query"):
            model.separate(np.zeros(10), 32000, classes="Dog")


def test_model_steered_by_words_refuses_all_else(tmp_path: Path) -> None:
    model = unweave.load_model(checkpoint(tmp_path, ("audiosep_resunet30", "ss_model.")), device="cpu")
    for asked in ({"level": 1}, {"classes": "Dog"}, {"query": str(tmp_path)}):
        with pytest.raises(UnweaveError, match="by words"):
            model.separate(np.zeros(10), 32000, **asked)
    with pytest.raises(UnweaveError, match="no tagger"):
        model.tag(np.zeros(10), 32000)


def test_tagger_alone_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="only a tagger"):
        unweave.load_model(checkpoint(tmp_path, ("panns_cnn6", "")))
    with pytest.raises(UnweaveError, match="only a tagger"):
        unweave.load_model("panns-cnn14")


def test_name_in_the_package_and_by_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_model().save(tmp_path / "tiny")
    inside = ModelInfo("inside", "", "model", "", path=folder)
    outside = ModelInfo("outside", "", "model", "", url="https://nowhere.invalid/x")
    rows = {"inside": inside, "outside": outside, load.DEFAULT: inside}
    monkeypatch.setattr(load, "find_model", lambda name: rows[name])
    fetched = []

    def fetch(row: ModelInfo, **kwargs: object) -> Path:
        fetched.append(row.name)
        return folder

    monkeypatch.setattr(load, "fetch", fetch)
    assert {unweave.load_model(name).name for name in (None, "inside", "outside")} == {"tiny"}
    assert fetched == ["inside", "inside", "outside"]


def test_name_stands_above_a_path_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_model().save("mine")
    assert unweave.load_model("mine").name == "tiny"
    (tmp_path / "panns-cnn14").mkdir()
    with pytest.raises(UnweaveError, match="only a tagger"):
        unweave.load_model("panns-cnn14")
    with pytest.raises(UnweaveError, match="is no model"):
        unweave.load_model(Path("panns-cnn14"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("uss-resunet30-sof", "Did you mean 'uss-resunet30-soft'"),
        ("no/such", "no model at"),
        ("none.ckpt", "no model at"),
        (Path("none"), "no model at"),
    ],
)
def test_unknown_model_is_refused_with_suggestions(name: str | Path, words: str) -> None:
    with pytest.raises(UnweaveError, match=words):
        unweave.load_model(name)


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:99", "", "cuda:x"])
def test_unknown_device_is_refused(device: str, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="device"):
        unweave.load_model(tiny_model().save(tmp_path / "m"), device)


def test_default_is_registered_once_it_is_in_the_package() -> None:
    embedded = [row.name for row in registry.available_models() if row.embedded]
    assert not embedded or load.DEFAULT in embedded


def test_an_engine_of_float32_alone_is_refused_in_half_precision(tmp_path: Path) -> None:
    folder = tiny_model().save(tmp_path / "tiny")
    with pytest.raises(UnweaveError, match="onnx computes in float32 alone"):
        unweave.load_model(folder, "cpu", backend="onnx", precision="bfloat16")
    assert unweave.load_model(folder, "cpu", precision="bfloat16").precision == torch.bfloat16

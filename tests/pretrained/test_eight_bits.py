"""Weights that are stored in 8 bits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import tiny_model

from unweave.errors import ModelFileError
from unweave.pretrained.eight_bits import MOST, SCALE, packed, unpacked
from unweave.pretrained.folder import load_folder

WEIGHT = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([1e-4, 1, 30, 0, 2]).view(
    -1, 1, 1, 1
)


def test_every_channel_comes_back_to_half_a_step_of_its_own() -> None:
    again = unpacked(packed("w", WEIGHT), "x")
    assert list(again) == ["w"] and again["w"].shape == WEIGHT.shape
    step = WEIGHT.flatten(1).abs().amax(1) / MOST
    assert ((again["w"] - WEIGHT).abs().flatten(1).amax(1) <= 0.501 * step).all()


def test_what_was_in_8_bits_is_so_again_to_the_digit() -> None:
    once = unpacked(packed("w", WEIGHT), "x")["w"]
    assert torch.allclose(unpacked(packed("w", once), "x")["w"], once, rtol=1e-6, atol=0)


def test_a_model_whose_tagger_is_stored_so(tmp_path: Path) -> None:
    model = tiny_model()
    model.tagger.weight.data.normal_()
    folder = model.save(tmp_path / "m", torch.float16, eight_bits=["tagger"])
    stored = load_file(folder / "model.safetensors")
    assert stored["tagger.weight"].dtype == torch.int8 and stored["tagger.weight" + SCALE].dtype == torch.float32
    loaded = load_folder(folder)
    assert loaded.tagger.weight.dtype == torch.float32
    assert torch.allclose(loaded.tagger.weight, model.tagger.weight, atol=0.02)


@pytest.mark.parametrize("fault", ["no factors", "too few", "infinite", "no integers"])
def test_factors_that_do_not_belong_are_refused(tmp_path: Path, fault: str) -> None:
    folder = tiny_model().save(tmp_path / "m", eight_bits=["tagger"])
    path = folder / "model.safetensors"
    state = load_file(path)
    scale = state.pop("tagger.weight" + SCALE)
    if fault != "no factors":
        state["tagger.weight" + SCALE] = {"too few": scale[:1], "infinite": scale * torch.inf}.get(fault, scale)
    if fault == "no integers":
        state["tagger.weight"] = state["tagger.weight"].float()
    save_file(state, path)
    with pytest.raises(ModelFileError, match=r"tagger\.weight"):
        load_folder(folder)

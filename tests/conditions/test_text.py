from __future__ import annotations

import builtins
from pathlib import Path

import pytest
import torch
from tiny_clap import tiny_clap

from unweave.conditions.text import Text
from unweave.errors import UnweaveError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clap(tmp_path_factory.mktemp("clap"))


def test_texts_are_unit_vectors_of_the_tower_whatever_is_asked_beside_them(folder: Path) -> None:
    condition = Text(encoder=str(folder))
    both = condition.from_words(["a dog", "rain on a roof"])
    assert both.shape == (2, 512) and both.dtype == torch.float32
    torch.testing.assert_close(both.norm(dim=1), torch.ones(2))
    assert not torch.allclose(both[0], both[1], atol=1e-3)
    assert torch.equal(Text(encoder=str(folder)).from_words(["rain on a roof"])[0], both[1])

    from transformers import AutoTokenizer, ClapTextModelWithProjection

    tokens = AutoTokenizer.from_pretrained(folder)(["a dog", "rain on a roof"], padding=True, return_tensors="pt")
    with torch.inference_mode():
        told = ClapTextModelWithProjection.from_pretrained(folder).eval()(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        )
    torch.testing.assert_close(both, torch.nn.functional.normalize(told.text_embeds), atol=1e-5, rtol=1e-4)


def test_tower_is_no_weight_of_the_model(folder: Path) -> None:
    condition = Text(encoder=str(folder))
    condition.from_words(["a dog"])
    assert not condition.state_dict() and not list(condition.children())


def test_long_texts_are_cut(folder: Path) -> None:
    assert Text(encoder=str(folder)).from_words(["a dog " * 1000]).isfinite().all()


def test_what_is_missing_is_said_in_one_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UnweaveError, match="is damaged") as caught:
        Text(encoder=str(tmp_path)).from_words(["a dog"])
    assert "\n" not in str(caught.value)
    with pytest.raises(UnweaveError, match="gives 512 numbers, but the separator wants 8"):
        Text(dim=8, encoder=str(folder)).from_words(["a dog"])

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # read from the environment at import alone
    with pytest.raises(UnweaveError, match="hf download nobody/none") as caught:
        Text(encoder="nobody/none").from_words(["a dog"])
    assert "\n" not in str(caught.value)

    load = builtins.__import__

    def without(name: str, *rest: object, **others: object) -> object:
        if name == "transformers":
            raise ImportError(name)
        return load(name, *rest, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[text\]'"):
        Text(encoder=str(folder)).from_words(["a dog"])

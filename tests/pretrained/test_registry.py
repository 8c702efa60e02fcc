"""The registry of weights: complete rows, quick to list, embedded models found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from unweave.errors import ModelFileError, UnweaveError
from unweave.pretrained.registry import PUBLISHED, available_models, find_model


def test_every_row_says_what_it_is_and_where_it_comes_from() -> None:
    names = [row.name for row in PUBLISHED]
    assert len(set(names)) == len(names)
    for row in PUBLISHED:
        assert row.what and row.licence.endswith(".") and row.kind in {"model", "tagger", "separator"}
        assert (row.url is None) == bool(row.note)
        if row.url:
            assert row.url.startswith("https://") and "/blob/" not in row.url
            assert row.file_name.endswith((".ckpt", ".pth")) and "%" not in row.file_name
        assert row.sha256 is None or len(row.sha256) == 64
        assert not row.embedded


def test_what_the_authors_state_is_registered() -> None:
    rows = {row.name: row for row in PUBLISHED}
    assert rows["uss-resunet30-soft"].bytes == 1121024828
    assert rows["panns-cnn14"].bytes == rows["panns-cnn14-decisionlevelmax"].bytes == 327428481
    assert rows["panns-cnn14"].file_name == "Cnn14_mAP=0.431.pth"
    assert rows["htsat"].url is None and "Google Drive" in rows["htsat"].note
    assert "no licence of the weights is stated" in rows["uss-resunet30-soft"].licence


def test_folders_with_weights_and_json_are_embedded_models(tmp_path: Path) -> None:
    for name in ("good", "half"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps({"about": {"what": "A fine one", "licence": "MIT."}}))
    (tmp_path / "good" / "model.safetensors").write_bytes(b"1234")
    first, *others = available_models(tmp_path)
    assert (first.name, first.what, first.licence, first.bytes) == ("good", "A fine one", "MIT.", 4)
    assert first.embedded and first.path == tmp_path / "good"
    assert [row.name for row in others] == [row.name for row in PUBLISHED]
    assert find_model("good", tmp_path) == first


def test_without_a_folder_only_the_published_ones_are_there(tmp_path: Path) -> None:
    assert available_models(tmp_path / "nowhere") == list(PUBLISHED)


def test_a_damaged_card_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "model.json").write_text("{")
    (tmp_path / "bad" / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelFileError, match="damaged"):
        available_models(tmp_path)


def test_a_near_miss_is_answered_with_a_suggestion() -> None:
    with pytest.raises(UnweaveError, match="Did you mean 'panns-cnn14'"):
        find_model("PANNs-CNN-14")
    with pytest.raises(UnweaveError, match=r"known are .*uss-resunet30-soft.*path\.$"):
        find_model("zzzzzz")


def test_listing_loads_no_torch() -> None:
    code = (
        "import sys; from unweave.pretrained.registry import available_models; available_models();"
        "import unweave.pretrained.download, unweave.audio.io, unweave.audio.resampling;"
        "sys.exit(bool({'torch', 'matplotlib', 'soundfile', 'av', 'soxr'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

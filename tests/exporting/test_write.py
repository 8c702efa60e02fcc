"""The whole way: a model, a folder, and what must not happen to folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from exportable import exportable_model, exported
from tiny import tiny_model

from unweave.engines import attach, quick, remade
from unweave.errors import UnweaveError
from unweave.exporting.write import export

pytest.importorskip("onnx", reason="needs onnx: pip install 'unweave[onnx]'")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(exported(), tmp_path / "out")


def test_folder_holds_graphs_numbers_and_card(folder: Path) -> None:
    names = {"tagger.onnx", "encoder.onnx", "decoder.onnx", "light.json", "README.md"}
    assert {file.name for file in folder.iterdir()} == names
    told = json.loads((folder / "light.json").read_text(encoding="utf-8"))
    assert told["bytes"] == {
        name: (folder / f"{name}.onnx").stat().st_size for name in ("tagger", "encoder", "decoder")
    }
    assert "CC0" in (folder / "README.md").read_text(encoding="utf-8")


def test_weights_take_two_bytes_each(folder: Path) -> None:
    model = exportable_model()
    matrices = sum(weight.numel() for weight in model.parameters() if weight.ndim > 1)
    assert sum(file.stat().st_size for file in folder.glob("*.onnx")) < 2.6 * matrices + 250_000


def test_exported_model_is_replaced_on_demand_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unweave.exporting.write.graph_of", lambda *_: b"graph")
    monkeypatch.setattr("unweave.exporting.write.describe", lambda _: {})
    before = (folder / "tagger.onnx").read_bytes()
    with pytest.raises(UnweaveError, match="overwrite"):
        export(exportable_model(), folder)
    assert (folder / "tagger.onnx").read_bytes() == before
    export(exportable_model(), folder, overwrite=True)
    assert (folder / "tagger.onnx").read_bytes() == b"graph"


def test_nothing_is_left_of_an_export_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("as torch may")

    monkeypatch.setattr("unweave.exporting.write.graph_of", fail)
    with pytest.raises(RuntimeError):
        export(exportable_model(), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_is_quick_here_is_not_what_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide convolutions are done in a way of their own on the processor that exports (`unweave.engines.quick`)."""
    monkeypatch.setattr(quick, "FEWEST", {})
    monkeypatch.setattr(quick, "FEWEST_ELSEWHERE", 8)
    monkeypatch.setattr(remade, "FEWEST_TILES", 1)
    model = exportable_model()
    attach(model.separator, "eager")
    export(model, tmp_path / "out")
    for name in ("encoder", "decoder"):
        assert (tmp_path / "out" / f"{name}.onnx").read_bytes() == (exported() / f"{name}.onnx").read_bytes()


def test_other_folders_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UnweaveError, match="not made by unweave"):
        export(exportable_model(), tmp_path, overwrite=True)
    assert (tmp_path / "mine").read_text() == "precious"


def test_models_of_other_parts_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="tiny cannot be exported"):
        export(tiny_model(), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_models_that_cut_hard_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="overlap"):
        export(exportable_model().published(), tmp_path / "out")

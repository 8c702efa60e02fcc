from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from reference_fill import light_state

import unweave
from unweave.cli.main import run


def test_list_is_what_python_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models"]) == 0
    bare = capsys.readouterr().out
    assert run(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert out == bare
    assert [line.split("\t")[0] for line in out.splitlines()] == [row.name for row in unweave.available_models()]


def test_info_names_licence_and_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "info", "panns-cnn14"]) == 0
    facts = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert facts["kind"] == "tagger" and "CC BY" in facts["licence"] and facts["sha256"] == "not registered"


@pytest.mark.parametrize("words", [["info", "nosuch"], ["download", "nosuch"], ["download", "htsat"], ["import"]])
def test_wrong_use(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1


def test_import_writes_a_folder_that_says_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "Cnn6.pth"
    torch.save({"model": light_state("panns_cnn6", fixed=True)}, file)
    assert run(["models", "import", str(file), "-o", str(tmp_path / "cnn6"), "--half"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["tagger\tpanns-cnn6", str(tmp_path / "cnn6")] and "left out" in err
    plain = json.loads((tmp_path / "cnn6" / "model.json").read_text("utf-8"))
    assert plain["parts"]["tagger"]["name"] == "panns-cnn6" and plain["dtype"] == "float16"
    assert run(["separate", str(file), "--model", str(tmp_path / "cnn6")]) == 2
    capsys.readouterr()


def test_import_refuses_what_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "x.pth")
    assert run(["models", "import", str(tmp_path / "x.pth"), "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "out").exists()


def test_info_lists_what_a_model_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "info", "small"]) == 0
    facts = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    count, _, names = facts["can be asked for"].partition(" classes: ")
    listed = names.split("; ")
    assert len(listed) == int(count) > 100 and {"Speech", "Dog", "Siren"} <= set(listed) == set(sorted(listed))
    assert "known" not in facts["settings"]
    from tiny import tiny_model

    tiny_model(known=(74, 0)).save(tmp_path / "mine")
    assert run(["models", "info", str(tmp_path / "mine")]) == 0
    facts = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert facts["name"] == "mine" and facts["can be asked for"] == "2 classes: Dog; Speech"

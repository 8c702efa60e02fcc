"""The whole way: a model, sounds, a folder in 8 bits, and separation by it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from untrained import write_untrained

import unweave
from unweave.cli.main import run
from unweave.errors import ModelFileError
from unweave.pretrained.load import load_model
from unweave.taggers import taggers

RATE = 32000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    data = place / "sounds"
    data.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        soundfile.write(data / f"{number}.wav", 0.1 * (number + 1) * rng.standard_normal(RATE), RATE)
    (data / "notes.txt").write_text("no sound")
    model, out = write_untrained(place), place / "eight"
    assert run(["models", "quantize", model, "--data", str(data), "-o", str(out), "--pairs", "2", "-q"]) == 0
    return out


def separated(model: str | Path, backend: str) -> torch.Tensor:
    mixture = 0.1 * torch.randn(2, 1, RATE, generator=torch.Generator().manual_seed(1))
    condition = torch.rand(2, 527, generator=torch.Generator().manual_seed(2)) / 50
    with torch.inference_mode():
        result: torch.Tensor = load_model(model, "cpu", backend=backend).separator(mixture, condition)
    return result


def test_it_is_the_same_model_in_8_bits(folder: Path) -> None:
    plain = separated(folder.with_name("untrained"), "eager")
    error = plain - separated(folder, "auto")
    assert 20 < float(10 * torch.log10(plain.square().sum() / error.square().sum())) < 90  # rounding alone gives more
    assert torch.equal(separated(folder, "eager"), plain)


def test_it_separates_files(folder: Path, tmp_path: Path) -> None:
    words = ["separate", str(folder.with_name("sounds") / "1.wav"), "-o", str(tmp_path), "--model", str(folder)]
    assert run([*words, "--class", "Dog", "--threshold", "0", "-q"]) == 0
    assert (tmp_path / "1" / "classes" / "Dog.wav").exists()


def test_who_cannot_run_it_in_8_bits_is_told(folder: Path) -> None:
    said: list[str] = []
    load_model(folder, "cpu", backend="eager", say=said.append)
    assert len(said) == 1 and "run in float32: its 8 bits need OpenVINO" in said[0]


def test_a_network_that_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    for name in (
        "model.json",
        "model.safetensors",
        "separator.features.xml",
        "separator.features.bin",
        "separator.logits.xml",
    ):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ModelFileError, match=r"logits\.xml is missing; quantise the model again"):
        unweave.load_model(tmp_path)


def test_the_folder_is_whole(folder: Path) -> None:
    assert json.loads((folder / "model.json").read_text())["quantised"] == {
        "separator": {"features": "separator.features.xml", "logits": "separator.logits.xml"}
    }
    assert [path for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_a_tagger_with_trunks_is_put_into_8_bits_too(folder: Path, tmp_path: Path) -> None:
    model = load_model(folder.with_name("untrained"), "cpu", backend="eager")
    torch.manual_seed(0)
    model.tagger = taggers.build("panns-cnn6")
    model.spec["tagger"] = {"name": "panns-cnn6"}
    model.save(tmp_path / "plain")
    assert (
        run(["models", "quantize", str(tmp_path / "plain"), "-o", str(tmp_path / "eight"), "--pairs", "2", "-q"]) == 0
    )
    wave = 0.1 * torch.randn(1, RATE)
    with torch.inference_mode():
        exact, eight, eager = (
            tagger(wave).embedding
            for name, backend in (("plain", "eager"), ("eight", "auto"), ("eight", "eager"))
            if (tagger := load_model(tmp_path / name, "cpu", backend=backend).tagger) is not None
        )
    assert torch.equal(exact, eager) and not torch.equal(exact, eight)
    torch.testing.assert_close(exact, eight, rtol=0, atol=0.1 * float(exact.abs().max()))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--data", "nowhere"], "nowhere is no folder"),
        (["--data", "empty"], "fewer than two recordings"),
    ],
)
def test_wrong_use(
    more: list[str],
    sentence: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no sound")
    words = ["models", "quantize", str(folder.with_name("untrained")), "-o", "out", "-q", *more]
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.count("\n") == 1
    assert not (tmp_path / "out").exists()

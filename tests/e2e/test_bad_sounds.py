"""A folder with everything that people's folders have in them: said in words, and what is left is learnt from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from sounds import sound

import unweave
from unweave.cli.main import run
from unweave.data.store import Store

LOOP = {"steps": 2, "warmup": 1, "average": 0.5, "evaluate_every": 2, "save_every": 1, "log_every": 1, "device": "cpu"}
FEW = {"how": "few clips", "batch": 2, "seconds": 0.5, "loop": LOOP}
PAPER = {"how": "paper", "batch": 4, "mining": {"seconds": 0.5}, "mixing": {"check": True}, "loop": LOOP}


def write(path: Path, name: str, number: int, seconds: float = 1.0, rate: int = 32000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = sound(name, number, seconds, rate)
    soundfile.write(path, np.repeat(wave[:, None], channels, 1), rate)
    return path


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    for number in range(4):
        write(folder / "kettle" / f"kettle {number}.wav", "Siren", number)
        write(folder / "drill" / f"drill {number}.wav", "Speech", number)
    write(folder / "hinge" / "the only one.wav", "Dog", 1, rate=16000, channels=2)
    for number in range(3):
        write(folder / "click" / f"click {number}.wav", "Church bell", number, seconds=0.06)
    (folder / "empty class").mkdir()
    soundfile.write(folder / "kettle" / "silent.wav", np.zeros(32000), 32000)
    (folder / "drill" / "broken.wav").write_text("no sound")
    (folder / "drill" / "nothing.wav").write_bytes(b"")
    whole = write(folder / "drill" / "cut short.wav", "Speech", 8).read_bytes()
    (folder / "drill" / "cut short.wav").write_bytes(whole[:30])
    return folder


def recipe(folder: Path, *learn: dict) -> Path:
    path = folder / "recipe.yaml"
    part = {"name": "small", "arguments": {"widths": [4, 4, 4], "hidden": 8}}
    tags = {"how": "tags", "batch": 4, "seconds": 0.5, "loop": LOOP}
    tagger = {"part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}}, "learn": tags}
    values = {
        "name": "mine",
        "folder": str(folder / "run"),
        "data": {"store": str(folder / "store")},
        "tagger": tagger,
        "condition": {"name": "soft", "arguments": {"normalise": True}},
        "separator": {"part": part, "learn": list(learn)},
    }
    if any(one["how"] == "paper" for one in learn):
        values["data"]["clip_seconds"] = 1.0
    path.write_text(yaml.safe_dump(values))
    return path


def test_what_is_bad_is_said_and_the_rest_becomes_a_model(sounds, tmp_path, capsys):
    assert run(["prepare", str(sounds), "-o", str(tmp_path / "store"), "-q"]) == 0
    printed, said = capsys.readouterr()
    lines = said.splitlines()
    for name, why in (
        ("empty class", "holds no sound"),
        ("silent.wav", "silent from its start to its end"),
        ("broken.wav", "cannot be read as sound"),
        ("nothing.wav", "is empty"),
        ("cut short.wav", "cannot be read as sound"),
    ):
        assert [why in line for line in lines if name in line] == [True], name
    assert all(line.startswith("unweave: ") and line.endswith(".") for line in lines) and len(lines) == 5
    assert dict(line.split("\t") for line in printed.splitlines())["clips"] == "12"
    store = Store(tmp_path / "store")
    assert store.vocabulary.names == ("click", "drill", "hinge", "kettle") and store.sample_rate == 32000
    hinge = store.members("train")[2]
    assert len(hinge) == 1 and store.lengths[hinge[0]] == 32000 and store.bandwidths[hinge[0]] == 8000
    assert run(["train", str(recipe(tmp_path, PAPER, FEW)), "-q"]) == 0
    model = unweave.load_model(tmp_path / "run" / "model")
    assert all(weight.isfinite().all() for weight in model.parameters())
    losses = [
        json.loads(line)["loss"]
        for part in ("tagger", "separator", "separator-2")
        for line in (tmp_path / "run" / part / "log.jsonl").read_text().splitlines()
        if "loss" in line
    ]
    assert len(losses) == 6 and np.isfinite(losses).all()
    tagged = (tmp_path / "run" / "tagger" / "log.jsonl").read_text()
    assert all(f'"valid {figure}"' in tagged for figure in ("mAP", "AUC", "d-prime"))


@pytest.mark.parametrize("learn", [FEW, PAPER], ids=["few clips", "paper"])
def test_one_clip_alone_is_a_store_that_cannot_be_learnt_from_until_it_grows(tmp_path, capsys, learn):
    write(tmp_path / "sounds" / "kettle" / "one.wav", "Siren", 0)
    prepare = ["prepare", "folder", str(tmp_path / "sounds"), "-o", str(tmp_path / "store"), "-q"]
    train = ["train", str(recipe(tmp_path, learn)), "-q"]
    assert run(prepare) == 0
    capsys.readouterr()
    assert run(train) == 2
    said = capsys.readouterr().err
    assert "takes two" in said and "add more sounds" in said and said.count("\n") == 1
    for number in range(3):
        write(tmp_path / "sounds" / "kettle" / f"more {number}.wav", "Siren", number)
    assert run(prepare) == 0
    assert run(train) == 2
    assert "a single class (kettle)" in capsys.readouterr().err
    assert not (tmp_path / "run" / "tagger").exists()  # nothing was learnt in vain
    for number in range(3):
        write(tmp_path / "sounds" / "drill" / f"drill {number}.wav", "Speech", number)
    assert run(prepare) == 0
    assert run(train) == 0
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


def test_clips_at_another_rate_than_the_networks_are_said_before_anything_is_learnt(tmp_path, capsys):
    for number in range(2):
        for label, name in (("kettle", "Siren"), ("drill", "Speech")):
            write(tmp_path / "sounds" / label / f"{label} {number}.wav", name, number)
    prepare = ["prepare", str(tmp_path / "sounds"), "-o", str(tmp_path / "store"), "--sample-rate", "16000", "-q"]
    assert run(prepare) == 0
    for learn in (FEW, PAPER):
        assert run(["train", str(recipe(tmp_path, learn)), "-q"]) == 2
        said = capsys.readouterr().err
        assert "have 16000 Hz" in said and "works at 32000" in said and "--sample-rate 32000" in said
    assert not (tmp_path / "run" / "tagger").exists()

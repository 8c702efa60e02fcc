"""The light way gives what the whole gives, to 1e-4, and needs none of its heavy parts."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from exportable import made_recording
from unweave_light import LightError, load
from unweave_light.model import Light

from unweave.model import Model


@pytest.fixture(scope="module")
def light(exported: Path) -> Light:
    return load(exported, threads=1)


def test_events_are_those_of_the_whole(light: Light, whole: Model) -> None:
    mine, theirs = light.tag(made_recording(), 44100), whole.tag(made_recording(), 44100)
    assert theirs and [(one.name, one.start, one.end) for one in mine] == [(t.name, t.start, t.end) for t in theirs]
    assert max(abs(a.probability - b.probability) for a, b in zip(mine, theirs, strict=True)) < 1e-3


@pytest.mark.parametrize(
    ("asked", "rate"),
    [({}, 44100), ({"level": [1, "classes"]}, 32000), ({"classes": ["Dog", "Bark", "Music"]}, 22050)],
    ids=["auto", "levels", "classes"],
)
def test_tracks_are_those_of_the_whole(light: Light, whole: Model, asked: dict[str, object], rate: int) -> None:
    audio = made_recording(rate)
    mine = light.separate(audio, rate, **asked)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that Bark is told as Dog
        theirs = whole.separate(audio, rate, **asked)  # type: ignore[arg-type]
    assert [track.name for track in mine] == [track.name for track in theirs] and len(mine) > 1
    for one, other in zip(mine, theirs, strict=True):
        assert one.audio.shape == other.audio.shape
        assert np.abs(one.audio - other.audio).max() < 1e-4, one.name
        assert [(e.start, e.end) for e in one.events] == [(e.start, e.end) for e in other.events]
    groups = sum(track.name == "residual" for track in mine)
    assert np.abs(sum(track.audio for track in mine) - groups * audio).max() < 1e-5


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"level": 9}, "no level 9"),
        ({"level": "deep"}, "no level 'deep'"),
        ({"classes": "Dgo"}, "Did you mean Dog"),
        ({"threshold": 2}, "between 0 and 1"),
    ],
)
def test_wrong_use_is_a_sentence(light: Light, given: dict[str, object], sentence: str) -> None:
    with pytest.raises(LightError, match=sentence):
        light.separate(made_recording(), 44100, **given)  # type: ignore[arg-type]


def test_a_folder_without_a_model_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LightError, match="unweave models export"):
        load(tmp_path)
    (tmp_path / "light.json").write_text("[]")
    with pytest.raises(LightError, match="layout"):
        load(tmp_path)


def test_damaged_graph_is_a_sentence(exported: Path, tmp_path: Path) -> None:
    for file in exported.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "tagger.onnx").write_bytes(b"no graph")
    with pytest.raises(LightError, match="Export the model again"):
        load(tmp_path).tag(made_recording(), 44100)


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, unweave_light.__main__, unweave_light, onnxruntime; print(*{n.split('.')[0] for n in sys.modules})"
    )
    there = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "light" / "src")}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=there).stdout
    loaded = set(found.split())
    assert loaded >= {"numpy", "soxr", "soundfile", "onnxruntime", "unweave_light"}
    assert not loaded & {"torch", "unweave", "scipy", "matplotlib", "pydantic", "typer", "rich", "av", "onnx"}

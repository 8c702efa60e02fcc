"""Tracks in one file, in every format, with names, markers and a label track."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile as sf
from tiny import tiny_model, tones

from unweave.audio.formats import FORMATS
from unweave.audio.io import read_audio
from unweave.inference.one_file import NAME

HERTZ = 48000
SPANS = {0: (0.0, 2.0), 1: (1.0, 2.0)}


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    mono = tones(2, HERTZ, SPANS)
    sf.write(tmp_path / "yard.wav", np.concatenate([mono, 0.5 * mono]).T, HERTZ, subtype="FLOAT")
    return tmp_path / "yard.wav"


def test_all_tracks_in_one_file_are_those_of_many(yard: Path) -> None:
    model = tiny_model()
    many = model.separate_file(yard, yard.parent / "many", classes=["Dog", "Speech"], level=1)
    one = model.separate_file(yard, yard.parent / "one", classes=["Dog", "Speech"], level=1, one_file=True)
    assert {path.name for path in one.folder.iterdir()} == {
        NAME,
        "tracks.json",
        "events.csv",
        "labels.txt",
        "overview.png",
    }
    whole = read_audio(one.folder / NAME)[0]
    assert len(whole) == 2 * len(many.tracks)
    plain = json.loads((one.folder / "tracks.json").read_text("utf-8"))["tracks"]
    for track, other in zip(plain, many.tracks, strict=True):
        assert (track["file"], track["name"], track["level"]) == (NAME, other.name, other.level)
        assert np.array_equal(whole[track["channels"]], read_audio(many.folder / other.file)[0])


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_holds_tracks_with_their_names(yard: Path, format: str) -> None:
    report = tiny_model().separate_file(yard, yard.parent, classes="Dog", format=format)
    assert [track.file for track in report.tracks] == [f"classes/Dog.{format}", f"classes/residual.{format}"]
    dog, rate = read_audio(report.folder / report.tracks[0].file)
    assert rate == HERTZ and dog.shape == (2, 2 * HERTZ)
    with av.open(str(report.folder / report.tracks[0].file)) as file:
        names = {**file.metadata, **file.streams.audio[0].metadata}
    assert {name.lower(): value for name, value in names.items()}["title"] == "Dog"


def test_events_lie_where_editors_look(yard: Path) -> None:
    report = tiny_model().separate_file(yard, yard.parent, classes="Dog")
    lines = (report.folder / "labels.txt").read_text("utf-8").splitlines()
    assert lines == ["0.000000\t2.000000\tSpeech", "1.000000\t2.000000\tDog"]
    data = (report.folder / "classes" / "Dog.wav").read_bytes()
    assert b"cue " in data and b"labl" in data and b"Dog\0" in data
    assert b"cue " not in (report.folder / "classes" / "residual.wav").read_bytes()

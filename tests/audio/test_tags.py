"""Tracks say in every format which sound they are, which recording they are from and when that was made."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from unweave.audio.formats import FORMATS
from unweave.audio.io import AudioWriter, read_audio
from unweave.audio.tags import Tags, clean

TAGS = Tags("Whimper (dog) · 犬", "street & road.wav", "2026-01-02T03:04:05", 60.0, 150.5)


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_every_format_carries_them(tmp_path: Path, format: str, subtype: str) -> None:
    if subtype not in (FORMATS[format].subtypes or ("PCM_16",)):
        return
    chosen = subtype if FORMATS[format].subtypes else None
    x = np.full((2, 4801), 0.25, np.float32)
    with AudioWriter(tmp_path / "x", 48000, 2, format, chosen, tags=TAGS) as file:  # type: ignore[arg-type]
        file.write(x)
    got, _ = read_audio(tmp_path / "x")
    assert got.shape == x.shape
    with av.open(str(tmp_path / "x")) as container:
        found = {**container.metadata, **container.streams.audio[0].metadata}
    found = {name.lower(): value for name, value in found.items()}
    assert found["title"] == "Whimper (dog) · 犬"
    assert found["album"] == "street & road.wav"
    assert found["date"].replace(" ", "T") == "2026-01-02T03:04:05"
    assert found["comment"] == "From street & road.wav, 1:00 to 2:30.5"
    if format in ("wav", "flac", "ogg"):
        with soundfile.SoundFile(tmp_path / "x") as other:
            assert (other.title, other.comment, other.date) == (TAGS.title, TAGS.comment, TAGS.date)


@pytest.mark.parametrize("format", list(FORMATS))
def test_without_them_nothing_is_said(tmp_path: Path, format: str) -> None:
    with AudioWriter(tmp_path / "x", 48000, 1, format) as file:  # type: ignore[arg-type]
        file.write(np.zeros((1, 4800), np.float32) + 0.1)
    with av.open(str(tmp_path / "x")) as container:
        found = {**container.metadata, **container.streams.audio[0].metadata}
    assert not {"title", "album", "date", "comment"} & {name.lower() for name in found}


def test_those_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "street.wav"
    path.write_bytes(b"")
    os.utime(path, (1767323045, 1767323045))
    assert Tags.of("Dog", path) == Tags("Dog", "street.wav", "2026-01-02T03:04:05")
    assert Tags.of("Dog", path).comment == "From street.wav"
    assert Tags.of("Dog", path, 5).comment == "From street.wav, 0:05 to the end"
    assert Tags.of("Dog", tmp_path / "gone.wav").date == ""
    assert Tags().items() == {}


def test_names_that_are_no_text_are_made_text(tmp_path: Path) -> None:
    assert clean("a\nb\0c\td\udcff") == "a b c d?"
    tags = Tags("Dog\r\n", "no\udcfftext.wav")
    for format in FORMATS:
        with AudioWriter(tmp_path / "x", 48000, 1, format, tags=tags) as file:  # type: ignore[arg-type]
            file.write(np.full((1, 4800), 0.1, np.float32))
        with av.open(str(tmp_path / "x")) as container:
            found = {**container.metadata, **container.streams.audio[0].metadata}
        assert {k.lower(): v for k, v in found.items()}["album"] == "no?text.wav"

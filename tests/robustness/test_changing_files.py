"""Files that are emptied, cut, grown, replaced or removed while they are read: the first length, or one sentence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, mux
from tiny import tiny_model

from unweave.audio.io import AudioReader, open_audio, read_audio
from unweave.errors import UnweaveError

RATE = 48000
KINDS = ["x.wav", "x.flac", "x.ogg", "x.aiff", "x.mp3", "x.mp4", "x.mkv", "x.opus", "x.ts"]
CODECS = {"mp3": "libmp3lame", "mp4": "aac", "mkv": "aac", "opus": "libopus", "ts": "aac"}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    x = np.random.default_rng(2).uniform(-0.3, 0.3, (1, 5 * RATE)).astype(np.float32)
    for name in KINDS:
        if codec := CODECS.get(name[2:]):
            mux(folder / name, Sound(x, RATE, codec))
        else:
            soundfile.write(folder / name, x.T, RATE)
    return folder


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def grown(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(path.read_bytes())


def overwritten(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"something else")
    other.replace(path)


def touched(path: Path) -> None:
    os.utime(path, (1, 1))


HARMLESS = [grown, replaced, os.remove, touched]
HARMFUL = [emptied, cut]


def passed(reader: AudioReader, disturb: Callable[[], None] = lambda: None) -> int:
    """The samples of a pass in which something happens after the first block."""
    total = 0
    for number, block in enumerate(reader.blocks(1000)):
        if number == 0:
            disturb()
        total += block.shape[1]
    return total


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", HARMLESS)
@pytest.mark.parametrize("during", [False, True])
def test_what_takes_nothing_away_changes_nothing(
    originals: Path, tmp_path: Path, name: str, change: Callable[[Path], object], during: bool
) -> None:
    path = Path(shutil.copy(originals / name, tmp_path))
    with open_audio(originals / name) as reader:
        wanted = passed(reader)
    with open_audio(path) as reader:
        if during:
            assert passed(reader, lambda: change(path) and None) == wanted
        else:
            change(path)
        assert passed(reader) == wanted
        assert passed(reader) == wanted


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", HARMFUL)
@pytest.mark.parametrize("when", ["before", "during", "between"])
def test_what_takes_sound_away_is_said_of_the_file(
    originals: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[Path], None],
    when: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = Path(shutil.copy(originals / name, tmp_path))
    with open_audio(path) as reader:
        if when == "between":
            passed(reader)
        if when != "during":
            change(path)
        with pytest.raises(UnweaveError) as caught:
            passed(reader, lambda: change(path) if when == "during" else None)
    sentence = str(caught.value)
    assert name in sentence and ("was emptied" in sentence or "was cut shorter" in sentence)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", KINDS)
def test_other_sound_in_the_same_file_is_of_the_same_length_or_said(originals: Path, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copy(originals / name, tmp_path))
    with open_audio(path) as reader:
        wanted = passed(reader)
        overwritten(path)
        os.utime(path, (1, 1))  # clocks are coarse
        try:
            assert passed(reader) == wanted
        except UnweaveError as error:
            assert "was written to" in str(error) and name in str(error)


@pytest.mark.parametrize("change", [emptied, cut])
@pytest.mark.parametrize("name", ["x.wav", "x.mp3"])
def test_a_separation_of_a_file_that_is_cut_meanwhile_leaves_nothing(
    originals: Path, tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    path = Path(shutil.copy(originals / name, tmp_path))
    done: list[str] = []

    def progress(_: float, __: float | None, stage: str) -> None:
        if stage == "separating" and not done:
            change(path)
            done.append(stage)

    with pytest.raises(UnweaveError, match=f"{name} was .* while it was read"):
        tiny_model().separate_file(path, tmp_path / "out", level=1, batch=1, progress=progress)
    assert done and sorted(file.name for file in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("change", HARMLESS)
def test_a_separation_of_a_file_that_grows_or_goes_is_that_of_the_file_that_was(
    originals: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    path = Path(shutil.copy(originals / "x.wav", tmp_path))
    wanted, _ = read_audio(path)
    done: list[str] = []

    def progress(_: float, __: float | None, stage: str) -> None:
        if stage == "separating" and not done:
            change(path)
            done.append(stage)

    report = tiny_model().separate_file(path, tmp_path / "out", level=1, batch=1, progress=progress)
    total = sum(read_audio(report.folder / track.file)[0] for track in report.tracks)
    np.testing.assert_allclose(total, wanted, atol=1e-4)
    assert done and report.warnings == []

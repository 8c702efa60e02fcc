"""The recording, changed, from the command line: a sound for a sound, a video for a video."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones
from videos import RATE as FILM_RATE
from videos import Film, make, noise, offset, pictures

from unweave.audio.io import read_audio
from unweave.cli.main import run
from unweave.inference.report import MARK

SPANS = {0: (0, 2), 1: (1, 2)}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model().save(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    sf.write(tmp_path / "yard.wav", tones(2, spans=SPANS).T, RATE)
    return tmp_path / "yard.wav"


def test_one_file_and_no_folder(yard: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["separate", str(yard), "-o", str(yard.parent / "out"), "--model", model]
    assert run([*words, "--remove", "Dog", "--remove", "Siren"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split("\t") == ["Dog", "0.50", "removed", "1.0-2.0"]
    assert out.splitlines()[-1] == str(yard.parent / "out" / "yard.removed.wav")
    assert err == f"unweave: Siren was not heard in {yard}, so nothing of it was changed.\n"
    assert [path.name for path in (yard.parent / "out").iterdir()] == ["yard.removed.wav"]
    assert run([*words, "--gain", "Dog=-6", "--class", "Dog", "--format", "flac"]) == 0
    assert (yard.parent / "out" / "yard.remixed.flac").exists()
    assert (yard.parent / "out" / "yard" / MARK).exists(), "tracks that are asked for beside it"
    assert "-6.0 dB" in capsys.readouterr().out


def test_times_of_a_part_are_those_of_the_recording(yard: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["separate", str(yard), "-o", str(yard.parent), "--model", model, "--remove", "Dog", "--from", "0.5"]
    assert run(words) == 0
    assert capsys.readouterr().out.splitlines()[0].split("\t")[-1] == "1.0-2.0"
    assert run([*words, "--to", "0.25"]) == 2
    assert run([*words[:-1], "7"]) == 2


BAD = {
    "two kinds": ["--remove", "Dog", "--keep", "Speech"],
    "no number": ["--gain", "Dog=loud"],
    "no gain": ["--gain", "Dog"],
    "nan": ["--gain", "Dog=nan"],
    "too loud": ["--gain", "Dog=1000"],
    "of nothing": ["--gain", "=3"],
    "two gains": ["--gain", "Dog=3", "--gain", "Dog=4"],
    "no such sound": ["--remove", "Dgo"],
    "empty": ["--remove", ""],
    "outside": ["--keep", "7-8"],
    "backwards": ["--keep", "2-1"],
    "format": ["--keep", "Dog", "--format", "opus"],
    "stream": ["--keep", "Dog", "--stream", "3"],
    "way and change": ["--remove", "Dog", "--class", "Dgo"],
}


@pytest.mark.parametrize("case", BAD)
def test_a_sentence_and_nothing_written(case: str, yard: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = yard.parent / "out"
    assert run(["separate", str(yard), "-o", str(out), "--model", model, *BAD[case]]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("unweave: ") and said.err.count("\n") == 1
    assert not out.exists()


def test_a_video_comes_back_with_the_sound_changed(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first of two sounds is changed, which begins late; pictures and the other sound stay; in sync."""
    first, second = 0.2 * noise(1.5, 2, seed=1), 0.2 * noise(2, 1, seed=2)
    film = Film([first, second], starts=[0.25, 0.0], sound_codecs=["aac", "aac"], times=[24 * n for n in range(50)])
    source = make(tmp_path / "clip.mp4", film)
    words = ["separate", str(source), "-o", str(tmp_path / "out"), "--model", model, "--gain", "Siren=0"]
    assert run(words) == 0
    err = capsys.readouterr().err
    assert "2 audio streams" in err
    (made,) = (tmp_path / "out").iterdir()
    assert made.name == "clip.remixed.mp4"
    assert pictures(made) == pictures(source)
    for number in (0, 1):
        x, start = film.sounds[number], film.starts[number]
        assert abs(offset(made, x, start, number)) < 0.005
    assert run([*words[:-2], "--remove", "1.0-1.4", "--stream", "1"]) == 0
    assert abs(offset(tmp_path / "out" / "clip.removed.mp4", first, 0.25, 0)) < 0.005
    assert FILM_RATE == read_audio(tmp_path / "out" / "clip.removed.mp4")[1]


def test_a_part_of_a_video_is_changed_and_the_rest_stays(tmp_path: Path, model: str) -> None:
    heard = 0.2 * noise(2, 1, seed=3)
    film = Film([heard], starts=[0.0], sound_codecs=["pcm_s16le"], times=[24 * n for n in range(50)])
    source = make(tmp_path / "clip.mkv", film)
    words = ["separate", str(source), "-o", str(tmp_path), "--model", model, "--from", "0.5", "--to", "1.25"]
    assert run([*words, "--gain", "0.5-1=-inf", "--json"]) == 0
    made = tmp_path / "clip.remixed.mkv"
    before, after = read_audio(source)[0], read_audio(made)[0]
    first, last = round(0.5 * FILM_RATE), round(1.25 * FILM_RATE)
    assert [picture for picture, _ in pictures(made)] == [picture for picture, _ in pictures(source)]
    assert after.shape == before.shape
    assert np.array_equal(after[:, :first], before[:, :first]) and np.array_equal(after[:, last:], before[:, last:])
    assert np.abs(after - before)[:, first:last].max() > 0.01


def test_a_video_without_sound_is_a_sentence(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = make(tmp_path / "mute.mp4", Film([], starts=[], sound_codecs=[]))
    assert run(["separate", str(source), "-o", str(tmp_path / "out"), "--model", model, "--remove", "Dog"]) == 2
    assert "no sound" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_gains_of_a_mix_of_ways_add_up(yard: Path, model: str) -> None:
    words = ["separate", str(yard), "-o", str(yard.parent), "--model", model]
    for kind in ("--remove", "--keep"):
        assert run([*words, kind, "Dog", kind, "0-0.8"]) == 0
    parts = [read_audio(yard.parent / f"yard.{kind}.wav")[0] for kind in ("removed", "kept")]
    assert np.abs(sum(parts) - read_audio(yard)[0]).max() < 1e-4


def test_json_on_standard_output(yard: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["separate", str(yard), "-o", str(yard.parent), "--model", model, "--json"]
    assert run([*words, "--gain", "Dog=-12", "--class", "Dog"]) == 0
    remixed, separated = map(json.loads, capsys.readouterr().out.splitlines())
    assert remixed["change"] == "remixed" and remixed["file"] == str(yard.parent / "yard.remixed.wav")
    assert [(sound["name"], sound["gain_db"]) for sound in remixed["sounds"]] == [("Dog", -12)]
    assert separated == json.loads((yard.parent / "yard" / MARK).read_text("utf-8"))

"""`--from` and `--to`: a part is read and written as if it had been cut out first, to the sample."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.cli.main import run
from unweave.errors import UnweaveError

X = np.concatenate([tones(6, spans={0: (0, 6), 1: (3, 4)}), tones(6, spans={3: (1, 5)})])
START, END = 2.50001, 4.75
FIRST, LAST = round(START * RATE), round(END * RATE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sf.write("x.wav", X.T, RATE, subtype="FLOAT")
    sf.write("cut.wav", X[:, FIRST:LAST].T, RATE, subtype="FLOAT")
    tiny_model().save("model")
    return tmp_path


@pytest.mark.parametrize("asked", [{}, {"classes": "Dog", "query": "cut.wav"}])
def test_a_part_is_what_it_would_be_if_it_had_been_cut_out(folder: Path, asked: dict[str, str]) -> None:
    model = tiny_model()
    part = model.separate("x.wav", start=START, end="0:04.75", **asked)
    cut = model.separate("cut.wav", **asked)
    for one, other in zip(part, cut, strict=True):
        assert (one.name, one.events) == (other.name, other.events)
        np.testing.assert_array_equal(one.audio, other.audio)
    memory = model.separate(X, RATE, start=START, end=END, **asked)
    report = model.separate_file("x.wav", "out", start=START, end=END, **asked)
    for one, other, file in zip(part, memory, report.tracks, strict=True):
        np.testing.assert_array_equal(one.audio, other.audio)
        written = sf.read(report.folder / file.file, dtype="float32", always_2d=True)[0].T
        np.testing.assert_allclose(written, one.audio, atol=1e-6)
        assert written.shape == (2, LAST - FIRST)
    told = json.loads((report.folder / "tracks.json").read_text("utf-8"))["input"]
    assert (told["from"], told["to"]) == (FIRST / RATE, LAST / RATE) and told["seconds"] == (LAST - FIRST) / RATE


def test_the_whole_says_nothing_of_a_part(folder: Path) -> None:
    report = tiny_model().separate_file("x.wav", "out", classes="Dog", start="-", end=None)
    assert {"from", "to"}.isdisjoint(report.input) and report.input["seconds"] == 6


def test_what_sounds_when_has_the_times_of_the_recording() -> None:
    dog = next(event for event in tiny_model().tag(X, RATE, start=2.5) if event.name == "Dog")
    assert dog.start == pytest.approx(3, abs=0.15) and dog.end == pytest.approx(4, abs=0.15)
    tracks = tiny_model().separate(X, RATE, classes="Dog", start=2.5)
    assert tracks[0].events[0].start == pytest.approx(0.5, abs=0.15)  # beside the track's own samples


def test_a_stretch_means_the_times_of_the_recording() -> None:
    part = tiny_model().separate(X, RATE, span="3-4", start=2, end=5)
    cut = tiny_model().separate(X[:, 2 * RATE : 5 * RATE], RATE, span="1-2")
    assert part[0].name == "3.00-4.00" and cut[0].name == "1.00-2.00"
    np.testing.assert_array_equal(part[0].audio, cut[0].audio)
    for span, says in (("1-4", "before the part"), ("5.5-6", "ends at 0:05")):
        with pytest.raises(UnweaveError, match=says):
            tiny_model().separate(X, RATE, span=span, start=2, end=5)


def test_the_command_line_takes_a_part(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["separate", "x.wav", "-q", "--model", "model", "--from", "2.5", "--to", "0:04.75", "--class", "Dog"]) == 0
    )
    assert sf.info("separated/x/classes/Dog.wav").frames == round(2.25 * RATE)
    capsys.readouterr()
    assert run(["tag", "x.wav", "-q", "--json", "--model", "model", "--from", "4.5"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert events and all(4.5 <= event["start"] < event["end"] <= 6 for event in events)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--from", "7"], "0:06 long"),
        (["--from", "3", "--to", "2"], "ends after it begins"),
        (["--to", "soon"], "is no time"),
    ],
)
@pytest.mark.parametrize("command", ["separate", "tag"])
def test_what_is_no_part_is_said_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, options: list[str], says: str
) -> None:
    assert run([command, "x.wav", "-q", "--model", "model", *options]) == 2
    assert says in capsys.readouterr().err
    assert not Path("separated/x").exists()

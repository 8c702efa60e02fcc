"""What is not wanted is left out of what is asked for, whichever way it is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.asking.unwanted import Unwanted
from unweave.cli.main import run
from unweave.errors import UnweaveError

SPEECH, DOG = tones(4, spans={0: (0, 4)}), tones(4, spans={1: (0, 4)})
RAIN = tones(4, spans={3: (2, 4)})
X = SPEECH + DOG + RAIN


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x).mean()))


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sf.write("hum.wav", tones(1, spans={0: (0, 1), 1: (0, 1)}).T, RATE)  # speech and a dog in one
    sf.write("woof.wav", tones(1, spans={1: (0, 1)}).T, RATE)
    sf.write("x.wav", X.T, RATE, subtype="FLOAT")


@pytest.mark.parametrize("without", ["Dog", "woof.wav"])
def test_an_example_of_two_sounds_less_one_of_them_is_the_other(without: str) -> None:
    both = tiny_model().separate(X, RATE, query="hum.wav")
    less, residual = tiny_model().separate(X, RATE, query="hum.wav", not_=without)
    assert rms(both[0].audio - SPEECH - DOG) < 0.03
    # Asked alone all of it is there; by odds, and asked again where half of it is gone, half of it.
    np.testing.assert_allclose(rms(less.audio - SPEECH), 2 / 3 * rms(DOG), rtol=0.03)
    assert np.abs(less.audio + residual.audio - X).max() < 1e-5


def test_a_stretch_can_be_what_is_not_wanted() -> None:
    # The first stretch holds all three sounds, the second two of them.
    less, _ = tiny_model().separate(X, RATE, span="2.2-3.8", not_="0.1-1.9")
    plain, _ = tiny_model().separate(X, RATE, span="2.2-3.8")
    there, left = (rms((one.audio - RAIN)[:, 2 * RATE :]) for one in (plain, less))
    np.testing.assert_allclose(left, 2 / 3 * there, rtol=0.05)


def test_what_stands_in_for_a_class_that_is_not_wanted_is_said() -> None:
    model = tiny_model(known=(0, 74))
    with pytest.warns(UserWarning, match="has not learnt 'Whimper .dog.'; 'Dog' is taken for it"):
        model.separate(X, RATE, query="hum.wav", not_="Whimper (dog)")


def test_groups_of_classes_are_asked_for_without_the_classes_that_are_not_wanted() -> None:
    names = [track.name for track in tiny_model().separate(X, RATE, level=[1, 3], not_="Dog")]
    assert "Animal" not in names and "Dog" not in names and "Human sounds" in names and "Rain" in names
    assert names.count("residual") == 2


def test_alone_it_takes_away_from_what_is_separated_unasked() -> None:
    model = tiny_model()
    names = [track.name for track in model.separate(X, RATE, not_="Dog")]
    assert names == [track.name for track in model.separate(X, RATE) if track.name not in _dogs()]


def _dogs() -> set[str]:
    return {"Animal", "Domestic animals, pets", "Dog"}


def test_everything_but_a_sound_less_another_is_everything_but_both() -> None:
    model, words = tiny_model(), "everything but the speech"
    rest, speech = model.separate(X, RATE, text=words, not_="Dog")
    assert rms(rest.audio - RAIN) < 0.03 and np.abs(rest.audio + speech.audio - X).max() < 1e-5
    plain, same = (model.separate(X, RATE, text=words, not_=less)[0].audio for less in (None, "Speech"))
    assert np.array_equal(plain, same)
    with pytest.raises(UnweaveError, match="everything but"):
        model.separate(X, RATE, classes="Dog", not_=words)


def test_what_is_asked_for_and_not_wanted_is_a_sentence() -> None:
    for classes in ("Dog", ["Dog", "Bark"]):
        with pytest.raises(UnweaveError, match=r"Nothing is left .* Dog is not wanted"):
            tiny_model().separate(X, RATE, classes=classes, not_="Dog")


@pytest.mark.parametrize("what", ["", True, None, 1.5, {}, "Dgo", "none.wav", (2, 1), "9-10"])
def test_what_cannot_be_found_is_refused_in_a_sentence(what: object, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError):
        tiny_model().separate_file("x.wav", "out", classes="Speech", not_=[what])
    assert not Path("out/x").exists()


def test_it_is_told_in_the_settings_and_its_examples_are_not_written_over() -> None:
    report = tiny_model().separate_file("x.wav", "out", classes="Speech", not_=["Dog", Path("woof.wav"), (0, 1)])
    written = json.loads((report.folder / "tracks.json").read_text("utf-8"))["settings"]
    assert written["not"] == ["Dog", "woof.wav", [0, 1]] and written["classes"] == ["Speech"]
    way = Unwanted.of(["Dog", "woof.wav"])
    assert way is not None and list(way.files) == [Path("woof.wav")]


def test_the_command_line_says_which_class_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["separate", "x.wav", "--class", "Speech", "--not", "Dogg barkk"]) == 2
    assert "There is no class 'Dogg barkk'" in capsys.readouterr().err

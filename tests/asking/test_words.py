from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, TinySeparator, tiny_model, tones
from tiny_clap import tiny_clap

from unweave.asking.words import Words
from unweave.cli.main import run
from unweave.conditions.text import Text
from unweave.errors import UnweaveError
from unweave.model import Model

SPEECH, DOG, RAIN = (tones(4, spans={band: (0, 4)}) for band in (0, 1, 3))


@pytest.fixture
def scene() -> np.ndarray:
    return SPEECH + DOG + RAIN


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("my dog", DOG),
        ("dogs and rain", DOG + RAIN),
        ("everything but the speech", DOG + RAIN),
        ("no dogs", SPEECH + RAIN),
        ("animals and voices without the dog", SPEECH),
    ],
)
def test_words_ask_for_what_they_mean(scene: np.ndarray, text: str, wanted: np.ndarray) -> None:
    track, residual = tiny_model(normalise=False).separate(scene, RATE, text=text)
    assert track.name == text
    np.testing.assert_allclose(track.audio, wanted, atol=0.02)
    np.testing.assert_allclose(track.audio + residual.audio, scene, atol=1e-6)


def test_a_single_node_is_asked_for_as_by_its_name(scene: np.ndarray) -> None:
    by_words = tiny_model().separate(scene, RATE, text="dogs")[0]
    by_name = tiny_model().separate(scene, RATE, classes="Dog")[0]
    assert np.array_equal(by_words.audio, by_name.audio)
    assert (by_words.mid, by_words.probability, by_words.events) == (by_name.mid, by_name.probability, by_name.events)


def test_what_was_understood_is_said_and_what_stands_in() -> None:
    wish = Words.of(["a puppy whining", "a trumpet solo"])
    assert wish is not None
    first, second = wish.check(tiny_model())
    assert first == '"a puppy whining" -> Whimper (dog).' and second.startswith('"a trumpet solo" -> Trumpet')
    whimper, siren = 79, 396
    stands_in = Words(("a puppy whining",)).check(tiny_model(known=(74, siren)))
    assert "has not learnt Whimper (dog); Dog is taken" in stands_in[0] and whimper != siren
    with pytest.raises(UnweaveError, match="has not learnt.*nearest that it has learnt"):
        Words(("typing on a keyboard",)).check(tiny_model(known=(74, siren)))
    with pytest.raises(UnweaveError, match="Nothing is left"):
        Words(("a dog without animals",)).check(tiny_model())


def test_folder_file_settings_and_standard_error(
    scene: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model().save(tmp_path / "tiny")
    sf.write(tmp_path / "x.wav", scene.T, RATE, subtype="FLOAT")
    monkeypatch.chdir(tmp_path)
    asked = ["separate", "x.wav", "-o", "out", "--model", str(tmp_path / "tiny"), "-q"]
    assert run([*asked, "--text", "quarterly tax return"]) == 2
    error = capsys.readouterr().err
    assert "'quarterly tax return' is not a sound that is known here; the nearest are" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert run([*asked, "-o", "others", "--text", "quarterly tax return", "--text", "my dog"]) == 2
    assert "'quarterly tax return' is not a sound" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "others/x/text").iterdir()} == {"my dog.wav", "residual.wav"}
    assert run([*asked, "--text", "my dog", "--text", "rain / snow"]) == 0
    said = capsys.readouterr()
    assert '"my dog" -> Dog.' in said.err and "Dog." not in said.out
    folder = tmp_path / "out/x"
    files = sorted(path.name for path in (folder / "text").iterdir())
    assert files == ["my dog.wav", "rain _ snow.wav", "residual.wav"]
    report = json.loads((folder / "tracks.json").read_text("utf-8"))
    assert report["settings"]["text"] == ["my dog", "rain / snow"]
    assert [track["query"] for track in report["tracks"][:2]] == ["my dog", "rain / snow"]


def test_models_steered_by_words_are_told_the_words(scene: np.ndarray, tmp_path: Path) -> None:
    condition = Text(dim=4, encoder=str(tiny_clap(tmp_path / "clap", dim=4)))
    model = Model(None, condition, TinySeparator(condition_dim=4), settings=tiny_model().settings)
    texts = ["qwertz uiop", "everything but rain"]
    assert Words(tuple(texts)).check(model) == [
        '"qwertz uiop" -> "qwertz uiop", in the model\'s own understanding.',
        '"everything but rain" -> everything but "rain", in the model\'s own understanding.',
    ]
    told, rest, residual = model.separate(scene, RATE, text=texts)
    rain = model.separate(scene, RATE, text="rain")[0]
    np.testing.assert_allclose(rest.audio + rain.audio, scene, atol=1e-6)
    np.testing.assert_allclose(told.audio + rest.audio + residual.audio, scene, atol=1e-6)
    assert np.abs(told.audio - rain.audio).max() > 1e-3
    sf.write(tmp_path / "x.wav", scene.T, RATE, subtype="FLOAT")
    report = model.separate_file(tmp_path / "x.wav", tmp_path / "out", text=texts)
    assert [track.name for track in report.tracks] == [*texts, "residual"]
    for asked in ({"level": 1}, {"classes": "Dog"}, {"query": str(tmp_path / "x.wav")}):
        with pytest.raises(UnweaveError, match="--text"):
            model.separate(scene, RATE, **asked)


@pytest.mark.parametrize("given", [7, "", " ", ["a dog", None]])
def test_what_is_no_text_is_refused(given: object) -> None:
    with pytest.raises(UnweaveError, match="words"):
        Words.of(given)

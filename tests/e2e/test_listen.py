"""The page of a scene before and after, of a short scene whose truth is known and a model that is easily understood."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference.track import Track

ROOT = Path(__file__).parents[2]
SOUNDS = [("Dog", 1, 0.0, 2.0), ("Siren", 2, 1.0, 3.0)]  # class, band of the tiny model, s


@pytest.fixture
def listen(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("listen")


@pytest.fixture
def scene(tmp_path):
    """scene.flac, scene.json and stems/."""
    (tmp_path / "stems").mkdir()
    waves = [np.tile(tones(3, spans={band: (start, end)}), (2, 1)) for _, band, start, end in SOUNDS]
    for number, wave in enumerate(waves):
        soundfile.write(tmp_path / f"stems/{number}.wav", wave.T, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "scene.flac", sum(waves).T, RATE)
    told = {"sounds": [{"class": name, "start": start, "end": end} for name, _, start, end in SOUNDS]}
    (tmp_path / "scene.json").write_text(json.dumps(told))
    return tmp_path


def make(listen, scene, monkeypatch, *words, **settings):
    model = tiny_model(**settings).save(scene / f"model {settings.get('identity')}")
    docs = scene / "docs"
    place = ["--scene", str(scene / "scene.flac"), "--docs", str(docs), "--model", str(model)]
    monkeypatch.setattr(sys, "argv", ["listen.py", *place, *words])
    listen.main()
    page = (docs / "listen.md").read_text()
    for link in re.findall(r"\]\(((?:images|audio)/.*?)\)", page):
        assert 0 < (docs / link).stat().st_size < 300_000
    return docs, page


def figures(page):
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return {row[0]: [float(cell) for cell in row[2:]] for row in rows[1:]}


def test_sounds_that_are_taken_apart_well_have_good_figures(listen, scene, monkeypatch):
    docs, page = make(listen, scene, monkeypatch, "--stems", str(scene / "stems"))
    found = figures(page)
    assert set(found) == {"Dog", "Siren"}
    for before, after, better, rest in found.values():
        assert before == pytest.approx(3.0, abs=0.1) and after > 25 and better > 20 and rest < -20
    assert "- Level 1: no track too many, and none too few." in page
    before, after = (soundfile.read(docs / f"audio/{name}.flac")[0] for name in ("before", "after"))
    assert before.shape == after.shape == (2 * RATE, 2)  # the siren, by default
    assert np.abs(after[RATE // 4 : RATE * 3 // 4]).max() < np.abs(before[RATE // 4 : RATE * 3 // 4]).max() * 0.7


def test_what_is_not_taken_apart_is_said(listen, scene, monkeypatch):
    _, page = make(
        listen,
        scene,
        monkeypatch,
        "--stems",
        str(scene / "stems"),
        "--hear",
        "Dog",
        identity=True,
        class_gate=0.0,
        class_share=0.0,
        exclusive=False,
    )
    for before, after, better, rest in figures(page).values():
        assert abs(after - before) < 0.1 and abs(better) < 0.1 and rest == pytest.approx(0, abs=0.2)
    assert re.search(r"\*(Dog|Siren)\* gains least from being asked for: its SDR gets (better by 0|worse by 0)", page)
    assert re.search(r"\*(Dog|Siren)\* bleeds most", page) and "Where the class Dog begins" in page


def test_tracks_of_other_sounds_and_missing_ones_are_named(listen, scene, monkeypatch):
    told = json.loads((scene / "scene.json").read_text())
    told["sounds"][0]["class"] = "Rain"
    (scene / "scene.json").write_text(json.dumps(told))
    _, page = make(listen, scene, monkeypatch, "--stems", str(scene / "stems"))
    level = next(line for line in page.splitlines() if line.startswith("- Level 3"))
    assert re.search(r"found though it does not sound: [^;]*\*Dog\*", level) and "without a track: *Rain*" in level


def test_a_track_holds_what_lies_below_it_and_else_what_it_is_a_kind_of(listen):
    from known_scene import held

    from unweave import Ontology

    ontology, names = Ontology(), ["Music", "Church bell", "Dog"]

    def of(name):
        node = ontology.find(name)
        return held(ontology, Track(node.name, node.mid, node.level, 0.5, np.zeros((1, 8), np.float32), RATE), names)

    assert of("Bell") == ["Church bell"] and of("Sounds of things") == ["Church bell"]
    assert of("Music") == ["Music", "Church bell"]  # AudioSet's graph has bells among the instruments too
    assert of("Guitar") == ["Music"] and of("Animal") == of("Bark") == ["Dog"] and of("Cough") == []


def test_without_the_true_sounds_there_are_no_figures(listen, scene, monkeypatch):
    def width(docs):
        with Image.open(docs / "images/listen.png") as picture:
            return picture.width

    wide = width(make(listen, scene, monkeypatch, "--stems", str(scene / "stems"))[0])
    docs, page = make(listen, scene, monkeypatch)
    assert "## In figures" not in page and "bleeds most" not in page and "| Dog" not in page
    assert width(docs) < 0.7 * wide


def test_sounds_of_another_scene_are_refused(listen, scene, monkeypatch):
    soundfile.write(scene / "stems/0.wav", np.zeros((3 * RATE, 2)), RATE)
    with pytest.raises(UnweaveError, match="do not add up"):
        make(listen, scene, monkeypatch, "--stems", str(scene / "stems"))


def test_our_scene_is_small_enough_to_be_heard_beside_the_page():
    """The page in the docs is the one that the script makes."""
    page = (ROOT / "docs/listen.md").read_text()
    assert "Made by `make listen`" in page
    for link in re.findall(r"\]\(((?:images|audio)/.*?)\)", page):
        assert 0 < (ROOT / "docs" / link).stat().st_size < 400_000

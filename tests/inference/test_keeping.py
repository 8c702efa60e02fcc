from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference.keeping import energy_db, kept
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling


def group(named: bool, loudest_first: bool, *shares: float) -> Group:
    telling = ClassesTelling(np.zeros(4, bool))
    requests = [Request(str(i), str(i), telling, np.arange(100) < 100 * share) for i, share in enumerate(shares)]
    return Group("g", None, requests, named, loudest_first)


def test_energy_is_that_of_the_samples() -> None:
    assert energy_db(np.full((2, 10), 0.1, np.float32)) == pytest.approx(-20, abs=1e-4)
    assert energy_db(np.zeros((1, 5), np.float32)) is None


def test_what_counts_is_the_level_while_it_sounds() -> None:
    assert kept(group(False, False, 1, 0.01, 1), [-75.0, -75.0, None], -20.0, -50.0) == [1]
    assert kept(group(True, False, 1, 0.01, 1), [-75.0, -75.0, None], -20.0, -50.0) == [0, 1, 2]
    assert kept(group(False, False, 1, 1), [-75.0, None], -20.0, None) == [0, 1]
    assert kept(group(False, True, 1, 1, 1), [-40.0, None, -30.0], -20.0, None) == [2, 0, 1]


@pytest.mark.parametrize("format", ["wav", "flac", "ogg"])
def test_faint_tracks_get_no_file_and_everything_adds_up(format: str, tmp_path: Path) -> None:
    x = np.concatenate([tones(3), 0.05 * tones(3, spans={2: (0, 3)})], axis=1)
    sf.write(tmp_path / "x.wav", x.T, RATE, subtype="FLOAT")
    report = tiny_model(faintest_db=-20.0).separate_file(tmp_path / "x.wav", tmp_path, format=format)
    assert sorted(path.name for path in (report.folder / "sounds").iterdir()) == [
        f"Speech.{format}",
        f"residual.{format}",
    ]
    assert [track.name for track in report.tracks] == ["Speech", "residual"]
    whole = sum(sf.read(report.folder / track.file, dtype="float32")[0] for track in report.tracks)
    if format != "ogg":
        assert np.abs(whole - x[0]).max() < 1e-6
    with open(report.folder / "events.csv", encoding="utf-8", newline="") as file:
        held = {row["class"]: row["track"] for row in csv.DictReader(file)}
    assert held["Speech"] == f"sounds/Speech.{format}" and held["Siren"] == f"sounds/residual.{format}"


@pytest.mark.parametrize("strength", [0, 0.25, 1])
def test_strength_is_a_blend_with_the_recording(strength: float) -> None:
    x = tones(3, spans={0: (0, 3), 1: (0, 3)})
    one = tiny_model().separate(x, RATE, classes="Dog", strength=strength)
    full = tiny_model().separate(x, RATE, classes="Dog")[0].audio
    assert np.abs(one[0].audio - (strength * full + (1 - strength) * x)).max() < 1e-6
    two = tiny_model().separate(x, RATE, classes=["Dog", "Speech"], strength=strength)
    for tracks in (one, two):
        assert np.abs(sum(track.audio for track in tracks) - x).max() < 1e-5
        assert np.square(tracks[-1].audio).sum() <= 1.001 * np.square(x).sum()


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan"), True])
def test_other_strengths_are_refused(strength: float) -> None:
    with pytest.raises(UnweaveError, match="strength"):
        tiny_model().separate(tones(1), RATE, classes="Dog", strength=strength)


def test_a_sound_asked_by_name_is_separated_only_where_it_is_heard() -> None:
    x = np.concatenate([tones(4), tones(4, spans={1: (0, 4)}) + 0.2 * tones(4)], axis=1)
    model = tiny_model()
    track = model.separate(x, RATE, classes="Dog")[0].audio
    assert not track[0, : 3 * RATE].any() and track[0, 5 * RATE :].any()
    faint = np.concatenate([x, tones(4) + 0.2 * tones(4, spans={1: (0, 4)})], axis=1)  # the dog holds 4 % there
    assert not model.separate(faint, RATE, classes="Dog")[0].audio[0, 9 * RATE :].any()
    everywhere = tiny_model(class_share=0.0).separate(faint, RATE, classes="Dog")[0].audio
    assert everywhere[0, 9 * RATE :].any()

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.evaluation.items import Piece, Scene, SceneEvent, from_plain, to_plain
from unweave.evaluation.scene_sound import scene_stems

RATE = 8000
PIECE = Piece("tone.wav", 0.0, 0.5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    time = np.arange(RATE) / RATE
    soundfile.write(tmp_path / "tone.wav", 0.2 * np.sin(2 * np.pi * 440 * time), RATE, subtype="FLOAT")
    return tmp_path


def stems(root: Path, *events: SceneEvent, channels: int = 1, seconds: float = 2.0) -> list[np.ndarray]:
    return list(scene_stems(Scene("one", seconds, events, channels=channels), root, RATE).values())


def heard(wave: np.ndarray) -> tuple[float, float]:
    """First and last sample that is not silent, in s."""
    places = np.flatnonzero(np.abs(wave).max(0) > 1e-4)
    return places[0] / RATE, (places[-1] + 1) / RATE


def test_a_sound_is_at_its_time_with_its_gain(root: Path) -> None:
    (loud,), (soft,) = (stems(root, SceneEvent(PIECE, 0.75, gain)) for gain in (0.0, -20.0))
    assert loud.shape == (1, 2 * RATE) and np.allclose(soft, loud / 10, atol=1e-6)
    assert heard(loud) == pytest.approx((0.75, 1.25), abs=0.002)


def test_events_of_one_sound_are_one_stem(root: Path) -> None:
    events = [SceneEvent(PIECE, at, sound=name) for at, name in ((0.0, "a"), (1.0, "b"), (1.5, "a"))]
    found = scene_stems(Scene("one", 2.0, tuple(events)), root, RATE)
    assert list(found) == ["a", "b"]
    alone = [stems(root, event)[0] for event in events]
    assert np.allclose(found["a"], alone[0] + alone[2]) and np.allclose(found["b"], alone[1])


@pytest.mark.parametrize("pan", [-1.0, 0.0, 0.5, 1.0])
def test_a_place_in_stereo_changes_no_energy(root: Path, pan: float) -> None:
    (mono,), (wide,) = (stems(root, SceneEvent(PIECE, 0.0, pan=pan), channels=count) for count in (1, 2))
    left, right = np.square(wide).sum(1)
    assert np.square(wide).mean() == pytest.approx(float(np.square(mono).mean()), rel=1e-3)
    assert (left > right) == (pan < 0) or pan == 0


def test_a_room_goes_on_after_the_sound_and_is_the_same_again(root: Path) -> None:
    dry, wet, again = (stems(root, SceneEvent(PIECE, 0.25, room=room))[0] for room in (None, 0.5, 0.5))
    assert heard(dry)[1] == pytest.approx(0.75, abs=0.002) and 1.0 < heard(wet)[1] <= 1.3
    assert np.array_equal(wet, again) and not np.array_equal(wet, dry)
    assert heard(wet)[0] == pytest.approx(0.25, abs=0.002)


def test_a_bed_fills_the_scene_without_a_hole(root: Path) -> None:
    (bed,) = stems(root, SceneEvent(Piece("tone.wav", seconds=1.0), 0.0, fill=True), seconds=5.3)
    levels = np.sqrt(np.square(bed[0, : 5 * RATE]).reshape(-1, RATE // 10).mean(1))
    assert bed.shape[1] == round(5.3 * RATE) and levels.min() > 0.03


def test_what_lies_behind_the_end_is_cut(root: Path) -> None:
    (wave,) = stems(root, SceneEvent(PIECE, 1.8, room=0.5))
    assert wave.shape == (1, 2 * RATE) and heard(wave)[1] > 1.99


def test_scenes_of_old_are_written_as_they_were() -> None:
    scene = Scene("old", 10.0, (SceneEvent(Piece("a.wav", 0.5, 1.0), 2.0, -3.0, ("/m/0bt9lr",)),))
    piece = {"path": "a.wav", "start": 0.5, "seconds": 1.0, "stream": 0}
    event = {"piece": piece, "at": 2.0, "gain": -3.0, "classes": ("/m/0bt9lr",)}
    assert to_plain(scene) == {"id": "old", "seconds": 10.0, "events": (event,), "label": "scene"}


def test_all_of_a_scene_is_written_and_read() -> None:
    events = (SceneEvent(Piece("a.wav"), 2.0, sound="a", pan=0.0, room=0.3, fill=True),)
    scene = Scene("new", 10.0, events, "Dog", 2, "/m/0bt9lr", "walk", "5 dB")
    assert from_plain(to_plain(scene)) == scene

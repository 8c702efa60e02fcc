from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hearing import tags_of
from tiny import INDEXES, RATE, tiny_model, tones

from unweave.asking.level import Level
from unweave.errors import UnweaveError
from unweave.inference.heard import Heard
from unweave.model import Model
from unweave.ontology import Ontology


def flat() -> Model:
    """A model with classes of its own, which have one level."""
    model = tiny_model()
    model.ontology = Ontology.flat([f"sound {i}" for i in range(527)])
    return model


def test_levels_that_nobody_asked_for_need_not_be_there() -> None:
    Level.unasked().check(flat())
    assert Level.unasked() == Level.of("auto") and Level.of(["1", "auto", 1]) == Level((1, "auto"))
    Level.of("classes").check(flat())
    with pytest.raises(UnweaveError, match="level"):
        Level((2,)).check(flat())


@pytest.mark.parametrize("level", [0, 7, 1.5, True, "0", "one", "1.5"])
def test_what_is_no_level_is_refused(level: object) -> None:
    with pytest.raises(UnweaveError, match="There is no level"):
        Level.of(level)


@pytest.mark.parametrize("make", [tiny_model, flat])
def test_every_class_that_sounds_by_itself(make: Callable[[], Model]) -> None:
    """Algorithm 3 without a level: each class that passes the threshold somewhere, told by itself, silent elsewhere."""
    x = tones(6, RATE, {0: (0, 6), 1: (0, 2), 2: (4, 6)})
    model = make()
    tracks = model.separate(x, RATE, level="classes", threshold=0.1)
    labels = [model.labels[index] for index in INDEXES[:3]]
    assert {track.name for track in tracks} == {*labels, "residual"} and {track.level for track in tracks} == {None}
    assert np.abs(sum(track.audio for track in tracks) - x).max() < 1e-4
    dog = next(track.audio for track in tracks if track.name == labels[1])
    assert dog[:, RATE // 4 : RATE].any() and not dog[:, 3 * RATE :].any()
    known = tiny_model(known=INDEXES[:2]).separate(x, RATE, level="classes", threshold=0.1)
    assert {track.name for track in known} == {"Speech", "Dog", "residual"}


def test_classes_and_one_class_lie_in_folders_of_their_own(tmp_path: Path) -> None:
    sf.write(tmp_path / "x.wav", tones(2, RATE, {0: (0, 2)}).T, RATE)
    report = tiny_model().separate_file(tmp_path / "x.wav", tmp_path, level="classes", classes="Speech")
    files = [track.file for track in report.tracks]
    assert files == [
        f"{folder}/{name}.wav" for folder in ("level-classes", "classes") for name in ("Speech", "residual")
    ]
    assert report.settings["levels"] == ["classes"]


def test_a_track_of_a_level_takes_all_that_is_heard_of_its_node_and_sounds_where_it_is_heard_faintly() -> None:
    """Three animals that cannot be told apart are surely one; a short burst that is half heard is nothing."""
    heard = {"Dog": [0.25, 0.2, 0.25, 0.0], "Cat": [0.25, 0.2, 0.25, 0.0], "Crow": [0.25, 0.2, 0.25, 0.0]}
    model = tiny_model(overlap_seconds=0.0, threshold=0.3, level_threshold=0.5, auto_longer=0.04)
    plain = tiny_model(overlap_seconds=0.0, threshold=0.3)

    def level(of: Model, threshold: float | None = None, **more: list[float]) -> dict[str, list[bool]]:
        tags = tags_of(of, heard | more)
        (group,) = Level((1,)).groups(Heard(of, tags, threshold))
        return {request.name: request.activity[:4].tolist() for request in group.requests}

    assert level(plain) == {}
    assert level(model) == {"Animal": [True, True, True, False]}
    burst = {"Siren": [0.0, 0.4, 0.0, 0.0]}
    assert level(plain, **burst).keys() == {"Sounds of things"} and level(model, **burst).keys() == {"Animal"}
    assert level(model, 0.3) == {}, "a threshold that somebody gives is one"

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from benchmark_layouts import DEMO, tiny_benchmark

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Scene
from unweave.evaluation.scene_sound import scene_stems

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tiny_benchmark("demo", tmp_path).root


def test_the_sounds_add_up_to_the_scene_in_stereo(root: Path) -> None:
    (scene,) = benchmarks.build("demo", root=root).items
    assert isinstance(scene, Scene) and scene.seconds == 2 and [event.at for event in scene.events] == [0.5, 1.2]
    made = np.sum(list(scene_stems(scene, root, 8000).values()), axis=0)
    whole = np.sum([soundfile.read(root / f"{number}.wav")[0].T for number in range(2)], axis=0)
    assert made.shape == whole.shape == (2, 16000)
    assert np.square(made - whole).sum() < 0.02 * np.square(whole).sum()  # the edges of the pieces are faded


def test_each_class_is_asked_for_once(root: Path) -> None:
    made = benchmarks.build("demo", root=root, ask="name").items
    assert [item.label for item in made] == [name for name, _, _ in DEMO]
    assert all(isinstance(item, Scene) and item.asked == item.events[n].classes[0] for n, item in enumerate(made))


def test_the_projects_own_scene_can_be_read(tmp_path: Path) -> None:
    about = json.loads((EXAMPLES / "scene.json").read_text())
    for number in range(len(about["sounds"])):
        (tmp_path / f"{number}.wav").touch()
    made = benchmarks.build("demo", root=tmp_path, ask="name", manifest=str(EXAMPLES / "scene.json")).items
    assert {item.label for item in made} == {sound["class"] for sound in about["sounds"]}


def test_what_is_missing_is_said(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="one of level, name"):
        benchmarks.build("demo", root=root, ask="song")
    (root / "1.wav").unlink()
    with pytest.raises(UnweaveError, match=r"no 1\.wav .*make_scene"):
        benchmarks.build("demo", root=root)
    (root / "scene.json").write_text('{"seconds": 2}')
    with pytest.raises(UnweaveError, match="no list of the sounds"):
        benchmarks.build("demo", root=root)

"""The model in the box, on the project's own scene, as somebody who has just cloned it uses it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import unweave
from unweave.pretrained.registry import available_models

ROOT = Path(__file__).parents[2]
SCENE = ROOT / "examples" / "scene.flac"


@pytest.fixture(scope="module")
def model():
    return unweave.load_model()


@pytest.fixture(scope="module")
def scene():
    """What is before the dog barks: the tune, a voice in it, and the beginning of the rain."""
    audio, rate = soundfile.read(SCENE, dtype="float32", always_2d=True, frames=8 * 44100)
    return np.ascontiguousarray(audio.T), rate


def planted(name):
    return [
        sound for sound in json.loads((SCENE.parent / "scene.json").read_text())["sounds"] if sound["class"] == name
    ]


def test_it_is_small_and_says_what_it_is():
    box = next(one for one in available_models() if one.name == "small")
    assert sum(file.stat().st_size for file in box.path.iterdir()) <= 24_000_000
    assert "non-commercial" in box.licence or "NC" in box.licence


def test_it_hears_the_tune_and_the_voice_where_they_are(model):
    events = model.tag(SCENE)
    for name in ("Music", "Speech"):
        sounds = planted(name)
        heard = [event for event in events if event.name == name]
        assert any(event.start < sound["end"] and event.end > sound["start"] for event in heard for sound in sounds), (
            name
        )


@pytest.mark.parametrize("backend", ["eager", "openvino"])
def test_half_precision_changes_nothing_that_is_heard(backend, model, scene):
    audio, rate = scene
    half = unweave.load_model(device="cpu", precision="bfloat16", backend=backend)
    exact, near = ({t.name: t.audio for t in one.separate(audio, rate, classes="Music")} for one in (model, half))
    assert exact.keys() == near.keys() == {"Music", "residual"} and np.abs(exact["Music"]).max() > 0.05
    for name, track in exact.items():
        error = np.square(near[name] - track).sum() / np.square(track).sum()
        assert 0 < error < 1e-3, (name, error)


def test_levels_add_up_to_the_scene(model, scene):
    audio, rate = scene
    tracks = model.separate(audio, rate, level=1)
    names = [track.name for track in tracks]
    assert "Music" in names and "Human sounds" in names and names[-1] == "residual"
    assert all(track.audio.shape == audio.shape and track.sample_rate == rate for track in tracks)
    assert np.abs(sum(track.audio for track in tracks) - audio).max() < 1e-4


def test_speech_asked_for_by_name_leaves_the_tune_behind(model, scene):
    audio, rate = scene
    start, end = (int(planted("Speech")[0][edge] * rate) for edge in ("start", "end"))
    speech = model.separate(audio, rate, classes=["Speech"], residual=False)[0].audio
    before_it, in_it = slice(0, start - rate), slice(start, end)

    def kept(where):
        return np.square(speech[:, where]).sum() / np.square(audio[:, where]).sum()

    assert kept(in_it) > 0.5 and kept(before_it) < 0.5


def test_encoding_is_shared_by_all_classes(model):
    import torch

    wave = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 32000)).astype(np.float32))
    with torch.no_grad():
        encoding = model.separator.encode(wave)
        rows = encoding.rows(torch.zeros(3, dtype=torch.long))
        together = model.separator.decode(rows, torch.eye(527)[:3])
        alone = torch.cat([model.separator(wave[:, None], torch.eye(527)[k : k + 1])[:, 0] for k in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_lines_of_python_in_the_readme_run(tmp_path):
    lines = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    short, rate = soundfile.read(SCENE, frames=44100 * 3)
    soundfile.write(tmp_path / "street.wav", short, rate)
    result = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "Dog.wav").is_file()

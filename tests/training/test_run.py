"""From tagged sounds to a model that separates: whole runs of tiny recipes, and the toy's learning."""

import json

import numpy as np
import pytest
import torch
import yaml
from sounds import sound, write_collection

import unweave
from unweave.data.datasets.toy import SOUNDS, toy_sound
from unweave.errors import UnweaveError
from unweave.evaluation.metrics.sdr import sdr_improvement
from unweave.training import tasks
from unweave.training.reading import read_recipe
from unweave.training.run import run

LOOP = {"steps": 2, "warmup": 1, "average": 0.5, "evaluate_every": 2, "save_every": 1, "log_every": 1}
TAGGER = {"part": {"name": "small", "arguments": {"widths": [4, 4, 4, 4, 4]}}}
SEPARATOR = {"name": "small", "arguments": {"widths": [4, 4, 4], "hidden": 8}}


class MadeUpTeacher:
    """Hears nothing but what it is told: the scores that a LiteRT file would give are not the point here."""

    def __init__(self, model, classes, layer=None) -> None:
        self.known = np.arange(527)

    def __call__(self, waveform, sample_rate):
        patches = max(1, int((len(waveform) / sample_rate - 0.96) / 0.48) + 1)
        return np.full((patches, 527), 0.01, np.float32), None


def write(tmp_path, **changes):
    recipe = {
        "name": "tiny",
        "folder": str(tmp_path / "run"),
        "data": {"store": str(tmp_path / "store"), "dataset": "index", "root": str(tmp_path / "index.csv")},
        "tagger": {**TAGGER, "learn": {"how": "tags", "batch": 4, "seconds": 1.0, "loop": LOOP}},
        "condition": {"name": "soft", "arguments": {"normalise": True}},
        "separator": {"part": SEPARATOR, "learn": [{"how": "few clips", "batch": 2, "loop": LOOP}]},
        "card": {"what": "a test"},
        **changes,
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def same(one, two):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_a_recipe_ends_with_a_model_that_separates_and_is_not_run_twice(tmp_path, monkeypatch):
    write_collection(tmp_path)
    path = write(tmp_path)
    made = run(read_recipe(path))
    model = unweave.load_model(tmp_path / "run" / "model")
    assert same(made, model)
    audio = sound("Dog", 7)[None] + sound("Rain", 7)
    tracks = model.separate(audio, 32000, classes=["Dog", "Rain"])
    assert [track.name for track in tracks] == ["Dog", "Rain", "residual"]
    assert np.abs(sum(track.audio for track in tracks) - audio).max() < 1e-4
    monkeypatch.setattr("unweave.training.run.fit", None)
    assert same(run(read_recipe(path)), made)


def test_a_second_stretch_begins_where_the_first_ended(tmp_path):
    write_collection(tmp_path)
    few = {"how": "few clips", "batch": 2, "loop": {**LOOP, "learning_rate": 0.0, "weight_decay": 0.0}}
    run(read_recipe(write(tmp_path)))
    first = (tmp_path / "run" / "separator.safetensors").read_bytes()
    learn = [{"how": "few clips", "batch": 2, "loop": LOOP}, few]
    run(read_recipe(write(tmp_path, separator={"part": SEPARATOR, "learn": learn})))
    from safetensors.torch import load

    weights = load(first), load((tmp_path / "run" / "separator-2.safetensors").read_bytes())
    moved = [key for key in weights[0] if not torch.equal(weights[0][key], weights[1][key])]
    assert all("running" in key or "tracked" in key for key in moved)  # nothing is learnt at a rate of zero


def test_with_a_teacher(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "Teacher", MadeUpTeacher)
    write_collection(tmp_path)
    learn = {"how": "teacher", "teacher": "none", "teacher_classes": "none", "batch": 4, "loop": LOOP}
    run(read_recipe(write(tmp_path, tagger={**TAGGER, "learn": learn})))
    log = [json.loads(line) for line in (tmp_path / "run" / "tagger" / "log.jsonl").read_text().splitlines()]
    assert any(line.get("patches", 0) > 0 for line in log)  # what it hears is learnt
    assert unweave.load_model(tmp_path / "run" / "model").settings.known


def test_what_was_learnt_in_another_way_is_not_taken_for_this(tmp_path):
    write_collection(tmp_path)
    path = write(tmp_path)
    run(read_recipe(path))
    for change in ("separator.learn.0.batch=3", "tagger.learn.mixup=0.1", "separator.learn.0.loop.steps=4"):
        with pytest.raises(UnweaveError, match="learnt in another way"):
            run(read_recipe(path, [change]))


def test_own_classes_make_a_model_that_the_command_line_asks_by_their_names(tmp_path, capsys):
    import soundfile

    from unweave.cli.main import run as command

    for name in ("kettle", "drill"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for number in range(4):
            seed = {"kettle": "Siren", "drill": "Speech"}[name]
            soundfile.write(tmp_path / "sounds" / name / f"{name}{number}.wav", sound(seed, number), 32000)
    store, folder = tmp_path / "store", tmp_path / "run"
    assert command(["prepare", str(tmp_path / "sounds"), "-o", str(store), "-q"]) == 0
    changes = [f"folder={folder}", f"data.store={store}"]
    for key in ("tagger.learn", "separator.learn.0"):
        changes += [f"{key}.batch=2", f"{key}.loop={json.dumps(LOOP)}"]
    changes += ["tagger.part.arguments={widths: [4, 4, 4, 4, 4]}", "separator.part.arguments={widths: [4, 4, 4]}"]
    assert command(["train", "my-sounds", *changes, "-q"]) == 0
    assert str(folder / "model") in capsys.readouterr().out
    mixture = tmp_path / "mixture.wav"
    soundfile.write(mixture, sound("Siren", 9) + sound("Speech", 9), 32000)
    asked = ["separate", str(mixture), "--model", str(folder / "model"), "-o", str(tmp_path / "out"), "-q"]
    assert command([*asked, "--class", "kettle"]) == 0
    assert (tmp_path / "out" / "mixture" / "classes" / "kettle.wav").is_file()
    assert command([*asked, "--overwrite"]) == 0  # nothing asked: one set
    assert (tmp_path / "out" / "mixture" / "sounds").is_dir()
    assert not (tmp_path / "out" / "mixture" / "level-2").exists()
    assert command([*asked, "--class", "ketle", "--overwrite"]) == 2
    assert "kettle" in capsys.readouterr().err
    assert command([*asked, "--level", "2", "--overwrite"]) == 2


def test_no_store_is_said(tmp_path):
    path = write(tmp_path, data={"store": str(tmp_path / "none")})
    with pytest.raises(UnweaveError, match="unweave prepare"):
        run(read_recipe(path))


def test_the_toy_learns_to_separate(tmp_path):
    changes = [f"folder={tmp_path}", f"data.store={tmp_path / 'store'}", f"data.root={tmp_path / 'sounds'}"]
    # A third of its steps, half of its widths, batch, segments and clips, for the time that they take.
    changes += ["data.options={clips: 7, valid: 2}", "separator.learn.0.loop.evaluate_every=80"]
    changes += ["tagger.learn.loop.steps=40", "separator.learn.0.loop.steps=80", "tagger.learn.batch=8"]
    changes += ["separator.learn.0.seconds=1.0"]
    changes += ["tagger.part.arguments.widths=[8, 12, 16, 24, 32]"]
    changes += ["separator.part.arguments.widths=[8, 12, 16, 24]"]
    run(read_recipe("toy", changes))
    model = unweave.load_model(tmp_path / "model")
    rng, gains = np.random.default_rng(0), []
    for name in SOUNDS:
        for number in range(2):
            other = rng.choice([one for one in SOUNDS if one != name])
            first, second = (toy_sound(str(one), 500 + number, 3.0) for one in (name, other))
            second = second * np.sqrt(np.square(first).sum() / np.square(second).sum())
            track = model.separate((first + second)[None], 32000, classes=[name], residual=False)[0]
            gains.append(sdr_improvement(first, track.audio[0], first + second))
    assert np.mean(gains) > 6.0

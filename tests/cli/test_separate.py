from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.cli.main import run

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model().save(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def ok(tmp_path: Path) -> Path:
    sf.write(tmp_path / "ok.wav", tones(2, spans={0: (0, 2), 1: (1, 2)}).T, RATE)
    return tmp_path / "ok.wav"


def test_results_go_to_standard_output_alone(
    ok: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["separate", str(ok), "-o", str(tmp_path / "out"), "--model", model, "--level", "1"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert lines[-1] == str(tmp_path / "out" / "ok")
    assert [line.split("\t")[0] for line in lines[:-1]] == [
        "level-1/Human sounds.wav",
        "level-1/Animal.wav",
        "level-1/residual.wav",
    ]
    assert lines[1].endswith("1.0-2.0")


def test_options_reach_the_separation(ok: Path, tmp_path: Path, model: str) -> None:
    words = "--class Dog --class Speech --threshold 0.3 --format flac --subtype PCM_16 --no-residual --max-tracks 1"
    assert run(["separate", str(ok), "-o", str(tmp_path), "--model", model, "--quiet", *words.split()]) == 0
    plain = json.loads((tmp_path / "ok" / "tracks.json").read_text("utf-8"))
    assert [track["file"] for track in plain["tracks"]] == ["classes/Speech.flac"]
    assert sf.info(tmp_path / "ok" / "classes" / "Speech.flac").subtype == "PCM_16"
    assert plain["settings"]["threshold"] == 0.3 and plain["settings"]["tree"] is False
    assert run(["separate", str(ok), "-o", str(tmp_path), "--model", model, "--published", "--overwrite"]) == 0
    settings = json.loads((tmp_path / "ok" / "tracks.json").read_text("utf-8"))["settings"]
    assert (
        settings["tree"] is True
        and settings["overlap_seconds"] == 0
        and settings["levels"] == ["auto"]
        and settings["exclusive"] is False
    )


def bad_inputs(folder: Path) -> dict[str, list[str]]:
    """What is wrong -> arguments after `separate`."""
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("hello")
    sf.write(folder / "zero.wav", np.zeros((0, 1)), RATE)
    (folder / "cut.wav").write_bytes((folder / "ok.wav").read_bytes()[:30])
    (folder / "examples").mkdir()
    (folder / "taken" / "ok").mkdir(parents=True)
    (folder / "other").mkdir()
    ok = str(folder / "ok.wav")
    return {
        "no such file": [str(folder / "none.wav")],
        "a folder": [str(folder)],
        "empty": [str(folder / "empty.wav")],
        "text": [str(folder / "text.wav")],
        "no samples": [str(folder / "zero.wav")],
        "cut header": [str(folder / "cut.wav")],
        "class": [ok, "--class", "Dgo"],
        "level": [ok, "--level", "9"],
        "level word": [ok, "--level", "a"],
        "threshold": [ok, "--threshold", "7"],
        "span": [ok, "--span", "5-2"],
        "span later": [ok, "--span", "2-5"],
        "words": [ok, "--text", "my tax return"],
        "no words": [ok, "--text", " "],
        "model": [ok, "--model", "nosuch"],
        "model path": [ok, "--model", "no/such"],
        "model folder": [ok, "--model", str(folder / "examples")],
        "model file": [ok, "--model", str(folder / "text.wav")],
        "example": [ok, "--query", str(folder / "text.wav")],
        "no example": [ok, "--query", str(folder / "none.wav")],
        "empty examples": [ok, "--query", str(folder / "examples")],
        "device": [ok, "--device", "tpu"],
        "format": [ok, "--format", "aiff"],
        "subtype": [ok, "--format", "flac", "--subtype", "FLOAT"],
        "most tracks": [ok, "--max-tracks", "0"],
        "not writable": [ok, "-o", str(folder / "text.wav" / "out")],
        "taken": [ok, "-o", str(folder / "taken")],
        "taken by others": [ok, "-o", str(folder / "other"), "--overwrite", "--class", "Unknownium"],
    }


CASES = (
    "no such file|a folder|empty|text|no samples|cut header|class|level|level word|"
    "threshold|span|span later|words|no words|model|model path|model folder|model file|example|no example|"
    "empty examples|device|format|subtype|most tracks|not writable|taken|taken by others"
).split("|")


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_2_and_writes_nothing(
    case: str, ok: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ok.parent
    cases = bad_inputs(folder)
    assert list(cases) == CASES
    words = ["separate", "-o", str(folder / "out"), "--model", model, *cases[case]]
    before = sorted(folder.rglob("*"))
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("unweave: ") and err.count("\n") == 1 and "Traceback" not in err
    assert sorted(folder.rglob("*")) == before
    if case == "class":
        assert "'Dog'" in err


def test_one_damaged_recording_does_not_stop_the_others(
    ok: Path, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from unweave.errors import UnweaveError
    from unweave.model import Model

    other = tmp_path / "other.wav"
    other.write_bytes(ok.read_bytes())
    original = Model.separate_file

    def fail_once(self: Model, path: Path, *args: object, **kwargs: object) -> object:
        if path == ok:
            raise UnweaveError("it broke off")
        return original(self, path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Model, "separate_file", fail_once)
    assert run(["separate", str(ok), str(other), "-o", str(tmp_path / "out"), "--model", model]) == 2
    out, err = capsys.readouterr()
    assert err == "unweave: it broke off\n" and out.endswith(f"{tmp_path / 'out' / 'other'}\n")


def test_bad_recordings_among_good_ones_are_said_all_and_the_others_done(
    ok: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "taken.wav").write_bytes(ok.read_bytes())
    (tmp_path / "out" / "taken").mkdir(parents=True)
    paths = [str(tmp_path / name) for name in ("none.wav", "ok.wav", "text.wav", "taken.wav")]
    words = ["-o", str(tmp_path / "out"), "--model", model, "--class", "Dog"]
    assert run(["separate", *paths, *words]) == 2
    out, err = capsys.readouterr()
    told = err.splitlines()
    assert len(told) == 3 and all(line.startswith("unweave: ") for line in told)
    assert "none.wav" in told[0] and "text.wav" in told[1] and "taken" in told[2] and "exists" in told[2]
    assert out.endswith(f"{tmp_path / 'out' / 'ok'}\n") and (tmp_path / "out" / "ok" / "tracks.json").exists()
    assert run(["separate", paths[0], paths[2], *words]) == 2  # nothing is left to do
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_recordings_that_are_called_alike_have_a_folder_each_and_none_is_the_output(
    ok: Path, tmp_path: Path, model: str
) -> None:
    names = ("ok.wav", "a/ok.wav", "ok.flac", "..wav")
    for name in names[1:]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(ok.read_bytes())
    out = tmp_path / "out"
    words = [*(str(tmp_path / name) for name in names), "-o", str(out), "--model", model, "--class", "Dog"]
    for more in ([], ["--overwrite"]):
        assert run(["separate", *words, *more]) == 0
        assert sorted(path.name for path in out.iterdir()) == ["_", "ok", "ok.flac", "ok.wav"]
        inputs = {json.loads((path / "tracks.json").read_text("utf-8"))["input"]["path"] for path in out.iterdir()}
        assert len(inputs) == 4


def test_process_ends_with_one_line_and_nothing_else(ok: Path, tmp_path: Path, model: str) -> None:
    silent = tmp_path / "silent.wav"
    sf.write(silent, np.zeros(RATE), RATE)
    code = (
        f"import sys; sys.path.insert(0, {str(SUPPORT)!r}); import tiny; from unweave.cli.main import main, run\n"
        f"words = ['separate', {str(ok)!r}, '-o', {str(tmp_path / 'out')!r}, '--model', {model!r}]\n"
        f"assert run(words) == 0\nmain([*words, '--overwrite', '--query', {str(silent)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "silent" in done.stderr, done.stderr

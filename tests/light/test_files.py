"""Folders of results: complete or not there, and all files add up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from exportable import made_recording
from unweave_light import LightError, load
from unweave_light.__main__ import main


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "a.wav", made_recording(32000, 2.5).T, 32000, "PCM_16")
    return tmp_path / "a.wav"


def test_command_writes_tracks_that_add_up(
    recording: Path, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert (
        main(["separate", str(recording), "--model", str(exported), "-o", str(out), "--class", "Dog", "--class", "0"])
        == 0
    )
    told = json.loads((out / "a" / "tracks.json").read_text(encoding="utf-8"))
    assert [track["file"] for track in told["tracks"]] == [
        f"classes/{name}.wav" for name in ("Dog", "Speech", "residual")
    ]
    assert capsys.readouterr().out.split() == [str(out / "a" / track["file"]) for track in told["tracks"]]
    whole = sum(soundfile.read(out / "a" / track["file"])[0] for track in told["tracks"])
    assert np.abs(whole - soundfile.read(recording)[0]).max() < 1e-6
    assert (out / "a" / "events.csv").read_text().startswith("class,mid,start,end,probability\n")


def test_what_is_there_is_kept(recording: Path, exported: Path, tmp_path: Path) -> None:
    light, out = load(exported), tmp_path / "out"
    folder, _ = light.separate_file(recording, out)
    before = sorted(folder.rglob("*"))
    with pytest.raises(LightError, match="overwrite"):
        light.separate_file(recording, out)
    light.separate_file(recording, out, overwrite=True)
    assert sorted(folder.rglob("*")) == before and sorted(out.iterdir()) == [folder]
    (tmp_path / "other" / "a").mkdir(parents=True)
    (tmp_path / "other" / "a" / "mine").write_text("precious")
    with pytest.raises(LightError, match="not made by unweave"):
        light.separate_file(recording, tmp_path / "other", overwrite=True)
    assert (tmp_path / "other" / "a" / "mine").read_text() == "precious"


def test_bad_input_is_one_line_and_leaves_nothing(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF and nothing more")
    for name in ("a.wav", "missing.wav"):
        assert main(["separate", str(tmp_path / name), "--model", str(exported), "-o", str(tmp_path / "out")]) == 2
        out, err = capsys.readouterr()
        assert not out and err.count("\n") == 1 and name in err
    assert not (tmp_path / "out").exists()


def test_tag_prints_a_table(recording: Path, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", str(recording), "--model", str(exported)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "class,mid,start,end,probability"

"""`unweave prepare` on real, tiny folders of sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.cli.main import run
from unweave.data.store import Store


def write(path: Path, seed: int = 0, rate: int = 8000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, 800), rate)
    return path


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Two classes of own names, one of them with a single clip, an empty folder, a silent and a broken file."""
    folder = tmp_path / "sounds"
    for i in range(4):
        write(folder / "kettle" / f"k{i}.wav", i)
    write(folder / "hinge" / "h.wav", 9, rate=16000)
    (folder / "nothing").mkdir()
    soundfile.write(folder / "kettle" / "silent.wav", np.zeros(100), 8000)
    (folder / "hinge" / "broken.wav").write_text("no sound")
    return folder


def prepare(*words: object) -> int:
    return run(["prepare", *map(str, words)])


def table(out: str) -> dict[str, str]:
    return dict(line.split("\t") for line in out.splitlines())


def test_a_folder_becomes_a_store(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "store"
    assert prepare("folder", sounds, "-o", out, "--sample-rate", 8000, "--labels", "own") == 0
    printed, said = capsys.readouterr()
    summary = table(printed)
    assert (summary["clips"], summary["of them new"], summary["there before"]) == ("5", "5", "0")
    assert summary["rarest"].startswith("hinge 1") and summary["classes"].startswith("2 of ")
    assert "silent.wav" in said and "broken.wav" in said and summary["skipped"] >= "2"
    store = Store(out)
    assert store.sample_rate == 8000 and {"hinge", "kettle"} <= set(store.vocabulary.names)
    assert store.lengths.tolist().count(400) == 1  # the one at 16 kHz


def test_the_layout_is_guessed_and_the_same_again_adds_nothing(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "store"
    assert prepare(sounds, "-o", out, "--shard-clips", 2, "--workers", 1) == 0
    capsys.readouterr()
    assert prepare(sounds, "-o", out) == 0
    summary = table(capsys.readouterr().out)
    assert (summary["of them new"], summary["there before"]) == ("0", "5")
    write(sounds / "hinge" / "another.wav", 20)
    assert prepare(sounds, "-o", out) == 0
    assert table(capsys.readouterr().out)["of them new"] == "1"
    assert Store(out).sample_rate == 32000 and len(list(out.glob("shard-*.h5"))) == 4


def test_wrong_use_is_one_line(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["esc50"],
        ["no-such-set", sounds],
        [tmp_path / "none"],
        [sounds, "--labels", "mine"],
        [sounds, "--labels", "audioset"],
        [sounds, "--sample-rate", "0"],
    ):
        assert prepare(*words, "-o", tmp_path / "store") == 2
        printed, said = capsys.readouterr()
        assert printed == "" and said.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_a_terminal_gets_a_bar_and_nobody_else(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    for words, shown in ((["-q"], False), ([], True)):
        out = tmp_path / f"store-{shown}"
        assert prepare("folder", sounds, "-o", out, *words) == 0
        assert ("Preparing folder" in capsys.readouterr().err) == shown


def test_one_clip_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "sounds" / "kettle" / "only.wav")
    assert prepare("folder", tmp_path / "sounds", "-o", tmp_path / "store") == 0
    assert table(capsys.readouterr().out)["clips"] == "1"


def test_nothing_but_silence_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("kettle", "hinge"):
        soundfile.write(write(tmp_path / "sounds" / name / "a.wav"), np.zeros(100), 8000)
    assert prepare("folder", tmp_path / "sounds", "-o", tmp_path / "store") == 2
    assert "silent" in capsys.readouterr().err

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones
from videos import RATE as FILM_RATE
from videos import Film, make

from unweave.cli.main import run


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    model = str(tiny_model().save(tmp_path / "tiny"))
    sf.write(tmp_path / "x.wav", tones(4, spans={0: (0, 4), 1: (1, 3)}).T, RATE)
    return ["tag", str(tmp_path / "x.wav"), "--model", model]


def test_table(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert err == "" and [line.split("\t") for line in out.splitlines()] == [
        ["0.0", "4.0", "1.00", "Speech"],
        ["1.0", "3.0", "0.50", "Dog"],
    ]


def test_json_and_csv_say_the_same(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--json"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert run([*words, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row.pop("file") for row in rows] == [words[1]] * 2
    assert [{**event, **{k: str(event[k]) for k in ("start", "end", "probability")}} for event in events] == rows


def test_threshold_decides(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--threshold", "0.8", "--csv"]) == 0
    assert "Dog" not in capsys.readouterr().out


def test_another_stream_is_heard_and_what_is_wrong_is_said(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sounds = [tones(2, FILM_RATE, {band: (0, 2)}) for band in (0, 2)]
    film = make(tmp_path / "two.mkv", Film(sounds, starts=[0.0, 0.0], sound_codecs=["pcm_s16le"] * 2))
    for stream, name in (([], "Speech"), (["--stream", "1"], "Siren")):
        assert run(["tag", str(film), *words[2:], *stream, "--csv"]) == 0
        out, err = capsys.readouterr()
        assert out.splitlines()[1].split(",")[1] == name and ("2 audio streams" in err) == (not stream)
    whole = Path(words[1]).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    assert run(["tag", str(tmp_path / "cut.wav"), *words[2:]]) == 0
    assert "breaks off" in capsys.readouterr().err


def test_one_that_is_not_there_is_said_and_the_others_are_done(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "no-such.wav"]) == 2
    out, err = capsys.readouterr()
    assert "Speech" in out and err.count("\n") == 1 and "no-such.wav" in err


@pytest.mark.parametrize("extra", [["--json", "--csv"], ["--threshold", "2"], ["--device", "tpu"]])
def test_wrong_use(words: list[str], extra: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, *extra]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1

"""Folders of example sounds as they are found, and outputs that are no UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import RATE, tiny_model, tones

import unweave
from unweave.cli.console import print_json
from unweave.errors import UnweaveError
from unweave.inference.query import query_condition


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of sounds as it is downloaded: two clips among other things."""
    folder = tmp_path / "pack"
    (folder / "clips").mkdir(parents=True)
    for name, band in (("a.wav", 0), ("clips/b.flac", 1)):
        soundfile.write(folder / name, tones(1.0, spans={band: (0, 1)})[0], RATE)
    (folder / "_readme_and_license.txt").write_text("Sounds by somebody\n")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4)
    (folder / "damaged.wav").write_bytes((folder / "a.wav").read_bytes()[:30])
    (folder / "empty.mp3").write_bytes(b"")
    soundfile.write(folder / "silent.wav", np.zeros(RATE), RATE)
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return folder


def test_what_is_no_sound_in_a_pack_is_left_out_with_a_line(pack: Path, tmp_path: Path) -> None:
    said: list[str] = []
    vector = query_condition(tiny_model(), pack, None, said)
    alone = [query_condition(tiny_model(), pack / name) for name in ("a.wav", "clips/b.flac")]
    torch.testing.assert_close(vector, torch.stack(alone).mean(0))
    assert len(said) == 1 and "2 example sounds" in said[0] and "Thumbs.db" in said[0] and "3 more" in said[0]
    soundfile.write(tmp_path / "x.wav", tones(1.0)[0], RATE)
    report = tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "out", query=pack)
    assert said[0] in report.warnings
    with pytest.warns(UserWarning, match="2 example sounds"):
        tiny_model().separate(tones(1.0), RATE, query=str(pack))


def test_a_pack_without_any_sound_is_refused(pack: Path) -> None:
    for name in ("a.wav", "clips/b.flac"):
        (pack / name).unlink()
    with pytest.raises(UnweaveError, match="no example sound that can be used"):
        query_condition(tiny_model(), pack)
    with pytest.raises(UnweaveError, match="cannot be used"):
        query_condition(tiny_model(), pack / "damaged.wav")  # what was named itself is not left out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_json_is_json_on_every_output(encoding: str) -> None:
    value = {"file": "Grüße 音 🐕 \udcff.wav"}
    code = "import json, sys; from unweave.cli.console import print_json; print_json(json.loads(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(value)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": f"{encoding}:backslashreplace"},
        check=True,
    )
    assert json.loads(done.stdout.decode(encoding)) == value


def test_json_is_readable_where_it_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"class": "Grüße"})
    assert json.loads(capsys.readouterr().out) == {"class": "Grüße"} and unweave.UnweaveError is UnweaveError

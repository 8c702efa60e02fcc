"""`-` for standard input and standard output, in processes of their own as they are used."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.cli.main import run
from unweave.cli.standard import check_one, folder_for, send
from unweave.errors import UnweaveError

SUPPORT = Path(__file__).parents[1] / "support"
CODE = "import sys, tiny; from unweave.cli.main import main; main(sys.argv[1:])"


def test_a_pipe_through(tmp_path: Path) -> None:
    model = tiny_model()
    x = tones(2, spans={0: (0, 2), 1: (1, 2)})
    file = io.BytesIO()
    sf.write(file, x.T, RATE, format="WAV", subtype="FLOAT")
    words = ["separate", "-", "-o", "-", "--model", str(model.save(tmp_path / "tiny")), "--remove", "Dog"]
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        input=file.getvalue(),
        capture_output=True,
        cwd=tmp_path,
        timeout=3000,
        env={**__import__("os").environ, "PYTHONPATH": f"{SUPPORT}:{Path(__file__).parents[2] / 'src'}"},
    )
    assert done.returncode == 0, done.stderr.decode()
    y = sf.read(io.BytesIO(done.stdout), dtype="float32")[0]
    assert np.abs(y - model.remix(x, RATE, remove="Dog").audio[0]).max() < 1e-6
    assert done.stderr == b"" and [path.name for path in tmp_path.iterdir()] == ["tiny"]


@pytest.mark.parametrize(
    "words",
    [[], ["--class", "Dog", "--class", "Rain"], ["--class", "Dog", "--remove", "Dog"], ["--class", "Dog", "--json"]],
)
def test_one_track_alone(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sf.write(tmp_path / "x.wav", tones(1).T, RATE)
    assert run(["separate", str(tmp_path / "x.wav"), "-o", "-", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "-o -" in err and err.count("\n") == 1


def test_the_rules_themselves(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(UnweaveError, match="of 2"):
        check_one([tmp_path, tmp_path], {"classes": ["Dog"]}, False, False)
    check_one([tmp_path], {"classes": ["Dog"]}, False, False)
    check_one([tmp_path], {}, True, False)
    with folder_for(tmp_path) as folder:
        assert folder == tmp_path
    with folder_for(Path("-")) as folder:
        (folder / "a").write_bytes(b"\0sound\xff")
        send([folder / "a"])
    assert capsysbinary.readouterr().out == b"\0sound\xff" and not folder.exists()
    with pytest.raises(UnweaveError, match="there are 0"):
        send([])

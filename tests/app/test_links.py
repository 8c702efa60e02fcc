from __future__ import annotations

from pathlib import Path

import pytest

from unweave.app.links import linked
from unweave.app.refusals import Refused


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "bell.wav").write_text(text)
    return folder / "bell.wav"


def test_files_have_second_names_and_arguments_tell_those(tmp_path: Path) -> None:
    recording, one, two = (write(tmp_path / name, name) for name in ("recording", "one", "two"))
    job = tmp_path / "job"
    job.mkdir()
    arguments = {"query": [one, two], "not_": [one, "Dog"], "gain": {two: -3, "Dog": 1}, "span": [1, 2]}
    told = linked(arguments, job, recording)
    first, second = Path("bell 2.wav"), Path("bell 3.wav")
    assert told == {"query": [first, second], "not_": [first, "Dog"], "gain": {second: -3, "Dog": 1}, "span": [1, 2]}
    for path in (recording, one, two):
        path.unlink()
    assert [(job / name).read_text() for name in ("bell.wav", first, second)] == ["recording", "one", "two"]
    with pytest.raises(Refused, match="no such recording"):
        linked({}, tmp_path / "one", recording)

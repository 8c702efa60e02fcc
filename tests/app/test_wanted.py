from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unweave.app.refusals import Refused
from unweave.app.wanted import read_options, understand


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    (tmp_path / "bell.wav").write_bytes(b"x")
    return tmp_path / "bell.wav"


def test_options_are_those_of_python(bell: Path) -> None:
    options = {
        "level": [1, "auto"],
        "span": [1.5, 2.5],
        "query": "id",
        "not": ["id", "Dog"],
        "model": "m",
        "end": "1:02",
    }
    wanted = understand(options, {"id": bell}.get)
    assert (wanted.kind, wanted.model) == ("separate", "m")
    assert wanted.arguments == {
        "level": [1, "auto"], "span": [1.5, 2.5], "query": [bell], "not_": [bell, "Dog"], "end": "1:02"
    }  # fmt: skip


def test_a_change_is_one_kind_of_it(bell: Path) -> None:
    wanted = understand({"gain": {"Dog": -12, "id": 3}, "threshold": 0.3, "format": "flac"}, {"id": bell}.get)
    assert wanted.kind == "change"
    assert wanted.arguments == {"gain": {"Dog": -12, bell: 3}, "threshold": 0.3, "format": "flac"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"levle": 1}, "Did you mean 'level'"),
        ({"level": 9}, "no level 9"),
        ({"level": {"a": 1}}, "no level"),
        ({"classes": [""]}, "no class"),
        ({"classes": ["Dog"] * 65}, "too many"),
        ({"classes": ["x" * 501]}, "longer than 500"),
        ({"span": "2-1"}, "ends after it begins"),
        ({"span": [1]}, "no stretch"),
        ({"query": "/etc/passwd"}, "given by its id"),
        ({"query": ["../x.wav"]}, "given by its id"),
        ({"query": 3}, "given by its id"),
        ({"threshold": 2}, "between 0 and 1"),
        ({"threshold": [0.1]}, "between 0 and 1"),
        ({"strength": "x"}, "cannot be understood"),
        ({"quality": "best"}, "fast or high, not 'best'"),
        ({"quality": 3}, "fast or high, not 3"),
        ({"max_tracks": 0}, "max-tracks"),
        ({"residual": 1}, "true or false"),
        ({"start": 5, "end": 2}, "ends after it begins"),
        ({"format": "exe"}, "cannot be written"),
        ({"format": "flac", "subtype": "FLOAT"}, "cannot hold"),
        ({"model": 3}, "by its name"),
        ({"remove": "Dog", "keep": "Speech"}, "exclude each other"),
        ({"remove": "Dog", "level": 1}, "does not go with level"),
        ({"remove": 7}, "takes sounds"),
        ({"gain": "Dog=3"}, "object of dB"),
        ({"overwrite": True}, "no option"),
        ({"name": "../x"}, "no option"),
        ({"stream": 1}, "no option"),
    ],
)
def test_what_makes_no_sense_is_said(options: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        understand(options, lambda id: None)
    assert (refused.value.status, refused.value.code) == (400, "bad_options")


@pytest.mark.parametrize("text", ["{", "[1]", "3", "[" * 100000, b"\xff"])
def test_options_are_an_object_of_json(text: str | bytes) -> None:
    with pytest.raises(Refused):
        read_options(text)

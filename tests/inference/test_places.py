from __future__ import annotations

from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.inference.options import Output
from unweave.inference.places import place_name, place_names


@pytest.mark.parametrize(
    "name, place",
    [
        ("street.wav", "street"),
        ("a.b.wav", "a.b"),
        ("..wav", "_"),
        ("...wav", "_"),
        (". .wav", "_"),
        ("..a.wav", "..a"),
    ],
)
def test_the_folder_of_a_recording_is_never_the_output_or_above_it(name: str, place: str) -> None:
    assert place_name(Path("in") / name) == place


def test_each_of_several_recordings_has_a_folder_of_its_own() -> None:
    paths = [Path(path) for path in ("a/x.wav", "b/x.wav", "x.mp3", "c/x.wav", "c/X.WAV", "..wav", "...wav", "y.wav")]
    names = place_names(paths)
    assert names[:3] == ["x", "x.wav", "x.mp3"] and names[-1] == "y"
    assert len({name.casefold() for name in names}) == len(paths) and all(name.strip(". ") for name in names)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UnweaveError, match="no name of a folder"):
        Output(name=name)

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.batch.inputs import Inputs
from unweave.batch.items import OWN
from unweave.errors import UnweaveError


def tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def places(*sources: str | Path, out: Path = Path("out")) -> dict[str, str]:
    inputs = Inputs([str(source) for source in sources], out)
    inputs.check()
    return {item.name: item.place for item in inputs}


def test_a_folder_is_its_recordings_in_order_without_what_is_hidden_or_none_and_without_the_output(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path, "b/2.wav", "b/1.FLAC", "a.mp4", "notes.txt", ".x/1.wav", ".2.wav", "out/a/sounds/1.wav")
    inputs = Inputs([str(root)], root / "out")
    assert [item.name for item in inputs] == ["a.mp4", "b/1.FLAC", "b/2.wav"]
    assert [item.name for item in inputs] == ["a.mp4", "b/1.FLAC", "b/2.wav"], "told again from the start"
    assert inputs.left_out == {".txt": 1}


def test_no_two_recordings_of_a_folder_have_one_place_nor_one_within_the_other(tmp_path: Path) -> None:
    found = places(tree(tmp_path, "x.wav", "X.mp3", "y.wav", "z.wav", "z/1.wav"))
    assert found == {"x.wav": "x.wav", "X.mp3": "X.mp3", "y.wav": "y", "z.wav": "z.wav", "z/1.wav": "z/1"}


def test_patterns_are_named_from_where_they_begin_to_vary(tmp_path: Path) -> None:
    root = tree(tmp_path, "a/1.wav", "a/b/2.wav", "a/3.mp3")
    assert places(root / "a" / "**" / "*.wav") == {"1.wav": "1", "b/2.wav": "b/2"}
    assert places(root / "none" / "*.wav") == {}


def test_several_folders_are_told_apart_by_their_names(tmp_path: Path) -> None:
    root = tree(tmp_path, "a/1.wav", "b/1.wav", "c/b/1.wav")
    assert places(root / "a", root / "b") == {"a/1.wav": "a/1", "b/1.wav": "b/1"}
    with pytest.raises(UnweaveError, match="Two inputs are called b"):
        places(root / "b", root / "c" / "b")


def test_single_recordings_are_named_from_the_folder_that_they_share_and_taken_whatever_their_ending(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path, "a/1.wav", "b/1.raw", f"{OWN}.wav")
    assert places(root / "a" / "1.wav", root / "b" / "1.raw") == {"a/1.wav": "a/1", "b/1.raw": "b/1"}
    assert places(root / "a" / "1.wav") == {"1.wav": "1"}


def test_what_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="There is no file"):
        places(tmp_path / "none")

from __future__ import annotations

from pathlib import Path

import pytest

from unweave.atomic import check_target, complete_folder
from unweave.errors import UnweaveError


def fill(folder: Path, text: str) -> None:
    (folder / "mark").write_text(text)


def test_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "c"
    with complete_folder(target) as part:
        fill(part, "1")
        assert not target.exists()
    assert (target / "mark").read_text() == "1" and [p.name for p in target.parent.iterdir()] == ["c"]


def test_old_folder_goes_only_when_the_new_one_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "c"
    with complete_folder(target) as part:
        fill(part, "1")
    with pytest.raises(KeyboardInterrupt), complete_folder(target) as part:
        fill(part, "2")
        raise KeyboardInterrupt
    assert (target / "mark").read_text() == "1"
    with complete_folder(target) as part:
        fill(part, "3")
    assert (target / "mark").read_text() == "3" and [p.name for p in tmp_path.iterdir()] == ["c"]


def test_failure_takes_new_parents_away_but_no_others(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UnweaveError, match="disk is full"), complete_folder(tmp_path / "mine" / "a" / "b" / "c"):
        raise OSError(28, "No space left on device")
    assert (tmp_path / "mine").exists() and list((tmp_path / "mine").iterdir()) == []


def test_what_must_not_be_replaced(tmp_path: Path) -> None:
    target = tmp_path / "t"
    check_target(target, "mark", overwrite=False)
    target.mkdir()
    with pytest.raises(UnweaveError, match="exists"):
        check_target(target, "mark", overwrite=False)
    check_target(target, "mark", overwrite=True)  # an empty folder holds nothing to lose
    (target / "diary").write_text("dear")
    with pytest.raises(UnweaveError, match="not made by"):
        check_target(target, "mark", overwrite=True)
    fill(target, "1")
    check_target(target, "mark", overwrite=True)
    with pytest.raises(UnweaveError, match="lies in"):
        check_target(target, "mark", overwrite=True, inputs=[target / "diary"])
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(UnweaveError, match="not made by"):
        check_target(link, "mark", overwrite=True)


def test_file_in_the_way(tmp_path: Path) -> None:
    fill(tmp_path, "")
    with pytest.raises(UnweaveError, match="is a file"):
        check_target(tmp_path / "mark" / "x", "mark", overwrite=False)
    with pytest.raises(UnweaveError, match="cannot be written"), complete_folder(tmp_path / "mark" / "x"):
        pass


def test_what_others_put_into_a_folder_is_kept_when_it_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "c"
    with complete_folder(target, mark="mark") as part:
        fill(part, "1")
        (part / "sounds").mkdir()
        (part / "sounds" / "Dog.wav").write_text("first")
        (part / "sounds" / "Cat.wav").write_text("first")
    (target / "notes.txt").write_text("dear")
    (target / "sounds" / "Bird.wav").write_text("theirs")
    with complete_folder(target, True, "mark", lambda old: {"mark", "sounds/Dog.wav", "sounds/Cat.wav"}) as part:
        fill(part, "2")
        (part / "sounds").mkdir()
        (part / "sounds" / "Bird.wav").write_text("ours")
        (target / "late.txt").write_text("put there meanwhile")
    files = {path.relative_to(target).as_posix(): path.read_text() for path in target.rglob("*") if path.is_file()}
    assert files == {
        "mark": "2",
        "notes.txt": "dear",
        "late.txt": "put there meanwhile",
        "sounds/Bird.wav": "ours",
        "sounds/Bird (2).wav": "theirs",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_appears_meanwhile_is_not_touched_and_the_work_is_not_lost(
    tmp_path: Path, overwrite: bool, kind: str
) -> None:
    target = tmp_path / "c"
    with (
        pytest.raises(UnweaveError, match=r"the new folder is .*c \(2\)"),
        complete_folder(target, overwrite, "mark") as part,
    ):
        fill(part, "1")
        if kind == "folder":
            target.mkdir()
            (target / "diary").write_text("dear")
        else:
            target.write_text("dear")
    assert (target / "diary" if kind == "folder" else target).read_text() == "dear"
    assert (tmp_path / "c (2)" / "mark").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "c (2)"]


def test_a_folder_that_was_made_since_it_was_checked_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    fill(tmp_path / "c", "theirs")
    with pytest.raises(UnweaveError, match="exists; give --overwrite"), complete_folder(tmp_path / "c", False, "mark"):
        raise AssertionError("never")
    assert (tmp_path / "c" / "mark").read_text() == "theirs"

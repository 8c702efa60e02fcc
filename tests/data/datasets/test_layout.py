import pytest
from layouts import write_layout

from unweave.data.datasets import guess
from unweave.errors import UnweaveError


def test_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(UnweaveError, match="No known data set.*Looked for audioset: .*balanced_train.*esc50: .*folder"):
        guess(tmp_path)


def test_points_to_the_folder_inside(tmp_path):
    write_layout("esc50", tmp_path / "ESC-50-master", clips_per_class=1, seconds=0.01)
    with pytest.raises(UnweaveError, match="ESC-50-master in it looks like esc50"):
        guess(tmp_path)


def test_two_data_sets_in_one_folder_are_not_guessed_between(tmp_path):
    write_layout("esc50", tmp_path, clips_per_class=1, seconds=0.01)
    write_layout("fsd50k", tmp_path, clips_per_class=1, seconds=0.01)
    with pytest.raises(UnweaveError, match="could be esc50 or fsd50k"):
        guess(tmp_path)


def test_a_published_set_whose_tags_are_missing_is_not_taken_for_class_folders(tmp_path):
    write_layout("fsd50k", tmp_path, clips_per_class=1, seconds=0.01)
    for path in (tmp_path / "FSD50K.ground_truth").iterdir():
        path.unlink()
    assert guess(tmp_path) == "fsd50k"


def test_files_are_told_apart(tmp_path):
    index = write_layout("index", tmp_path / "a", clips_per_class=1, seconds=0.01) / "index.csv"
    assert guess(index) == "index"
    table = tmp_path / "mine.csv"
    table.write_text("file,tags\na.wav,Dog\n")
    assert guess(table) == "table"
    assert guess(tmp_path) == "table"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(UnweaveError, match="No known data set"):
        guess(table)

import csv
from pathlib import Path

import pytest
from layouts import write_layout

from unweave.data.datasets import datasets
from unweave.data.datasets.index import read_index
from unweave.data.datasets.mends import COLUMNS, mended, read_mends
from unweave.errors import UnweaveError

RECIPES = Path(__file__).parents[3] / "recipes"
ROW = {"path": "a.wav", "split": "train", "source_group": "one", "audioset_mid": "/m/09d5_", "audioset_name": "Owl"}


def write(folder, *lines):
    path = folder / "mends.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return path


def mend(folder, *lines, row=ROW):
    return list(mended([row], read_mends(write(folder, *lines)), "index.csv"))


def test_a_name_and_its_identifier_are_mended_together(tmp_path):
    (row,) = mend(tmp_path, ("a.wav", "audioset_name", "Singing bowl", "Owl", "a bowl"))
    assert (row["audioset_name"], row["audioset_mid"]) == ("Singing bowl", "/m/0l14t7")
    (row,) = mend(tmp_path, ("a.wav", "audioset_name", "Dog;Bark", "Owl", "a dog"))
    assert row["audioset_mid"] == "/m/0bt9lr;/m/05tny_"
    (row,) = mend(tmp_path, ("a.wav", "audioset_name", "", "Owl", "nothing"))
    assert (row["audioset_name"], row["audioset_mid"]) == ("", "")


def test_an_index_without_names_gets_identifiers(tmp_path):
    bare = {key: value for key, value in ROW.items() if key != "audioset_name"}
    (row,) = mend(tmp_path, ("a.wav", "audioset_name", "Dog", "Owl", "a dog"), row=bare)
    assert row == bare | {"audioset_mid": "/m/0bt9lr"}


def test_other_cells_are_mended_and_clips_left_out(tmp_path):
    (row,) = mend(tmp_path, ("a.wav", "split", "valid", "train", ""), ("a.wav", "source_group", "two", "one", ""))
    assert row == ROW | {"split": "valid", "source_group": "two"}
    assert mend(tmp_path, ("a.wav", "leave_out", "yes", "", "it is there twice")) == []
    assert mend(tmp_path, ("b.wav", "leave_out", "yes", "", "not in this part")) == [ROW]


def test_what_is_mended_already_stays(tmp_path):
    lines = [("a.wav", "audioset_name", "Dog", "Owl", "a dog"), ("a.wav", "split", "valid", "train", "")]
    once = mend(tmp_path, *lines)
    assert mend(tmp_path, *lines, row=once[0]) == once


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("a.wav", "licence", "CC0", "", "")], "column 'licence'"),
        ([("a.wav", "audioset_name", "Oowl", "", "")], "class 'Oowl'"),
        ([("a.wav", "leave_out", "no", "", "")], "write yes"),
        ([("a.wav", "split", "valid", "train", ""), ("a.wav", "split", "test", "train", "")], "twice"),
        ([("a.wav", "split", "valid", "test", "")], "another version"),
    ],
)
def test_mends_that_cannot_be_are_said(tmp_path, lines, said):
    with pytest.raises(UnweaveError, match=said):
        mend(tmp_path, *lines)


def test_the_data_set_and_the_list_are_mended(tmp_path):
    root = write_layout("index", tmp_path, clips_per_class=1, seconds=0.01)
    first, second = read_index(root / "index.csv")[:2]
    name, gone = (clip.path.relative_to(root).as_posix() for clip in (first, second))
    path = write(tmp_path, (name, "label", "mended", first.label, ""), (gone, "leave_out", "yes", "", ""))
    clips = read_index(root / "index.csv", mends=path)
    assert clips == list(datasets.build("index", root=root, mends=path).clips)
    assert clips[0].label == "mended" and clips[0].classes == first.classes
    assert second.path not in {clip.path for clip in clips}


def test_the_mends_in_the_repository_can_be_read():
    mends = read_mends(RECIPES / "shared-data-mends.csv")
    assert mends["ambient/00219.ogg"]["audioset_name"] == ("Singing bowl", "Owl;Hoot")
    assert all("/" in name for name in mends)

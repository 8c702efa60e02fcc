from pathlib import Path

import pytest
from layouts import write_layout

from unweave.data.datasets import datasets
from unweave.data.index import read_index
from unweave.errors import UnweaveError


def test_the_list_and_the_data_set_are_the_same_clips(tmp_path):
    root = write_layout("index", tmp_path, clips_per_class=1, seconds=0.01)
    assert read_index(root / "index.csv") == list(datasets.build("index", root=root).clips)
    assert datasets.build("index", root=root / "index.csv").clips[0].bandwidth == 4000


def test_a_list_of_files_that_are_not_there_can_be_read(tmp_path):
    root = write_layout("index", tmp_path, clips_per_class=1, seconds=0.01)
    gone = tmp_path / "sounds/000.wav"
    gone.unlink()
    assert gone in [clip.path for clip in read_index(root / "index.csv")]


@pytest.mark.parametrize(("old", "new", "said"), [(",valid,", ",noon,", "split 'noon'"), (",8000", ",fast", "'fast'")])
def test_cells_that_are_wrong_are_said(tmp_path, old, new, said):
    path: Path = write_layout("index", tmp_path, clips_per_class=1, seconds=0.01) / "index.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UnweaveError, match=said):
        read_index(path)

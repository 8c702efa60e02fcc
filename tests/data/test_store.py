import csv

import numpy as np
import pytest
from sounds import CLASSES, sound, write_collection

from unweave.data.index import read_index
from unweave.data.store import Store, build_store
from unweave.errors import UnweaveError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    assert build_store(read_index(write_collection(folder)), folder / "store.h5") == []
    return Store(folder / "store.h5")


def test_a_store_gives_back_what_was_put_in(store):
    wave = store.read(0, 0, int(store.lengths[0]))
    assert np.abs(wave - sound("Dog", 0)).max() < 1e-3


def test_what_lies_outside_a_clip_is_silence(store):
    wave = store.read(1, -100, int(store.lengths[1]) + 300)
    inside = store.read(1, 0, int(store.lengths[1]))
    assert np.array_equal(wave[100:-200], inside)
    assert not wave[:100].any() and not wave[-200:].any()


def test_tags_are_kept(store):
    targets = store.targets()
    assert targets.shape == (len(CLASSES) * 5 + 1, 527)
    assert targets.sum() == len(CLASSES) * 5 and not targets[-1].any()
    assert store.clips[-1].bandwidth == 8000


def test_an_unreadable_clip_is_named_and_left_out(tmp_path):
    index = write_collection(tmp_path, each=1)
    (tmp_path / "Dog-0.wav").write_text("this is no sound")
    said = build_store(read_index(index), tmp_path / "store.h5")
    assert len(said) == 1 and "Dog-0.wav" in said[0]
    assert "Dog-0.wav" not in {clip.path.name for clip in Store(tmp_path / "store.h5").clips}


def test_no_store_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="no store"):
        Store(tmp_path / "none.h5")


def test_a_recording_on_both_sides_of_the_split_is_refused(tmp_path):
    index = write_collection(tmp_path, each=1)
    with index.open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["source_group"] = "one recording"
    with index.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(UnweaveError, match="both sides"):
        read_index(index)


def test_a_missing_index_and_a_missing_column_are_said(tmp_path):
    with pytest.raises(UnweaveError, match="no index"):
        read_index(tmp_path / "none.csv")
    (tmp_path / "index.csv").write_text("path,label\na.wav,Dog\n")
    with pytest.raises(UnweaveError, match="audioset_mid"):
        read_index(tmp_path / "index.csv")

import json
import zipfile

import numpy as np
import pytest
from sounds import write_collection

from unweave.data.datasets.index import index
from unweave.data.packs import unpack, write_packs
from unweave.data.store import Store, append
from unweave.errors import UnweaveError

KBPS = 200.0  # noise comes back as it was at high rates alone


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collection")
    append(index(write_collection(folder)), folder / "store")
    return Store(folder / "store")


@pytest.fixture(scope="module")
def packs(store, tmp_path_factory):
    whole = write_packs(store, range(len(store)), tmp_path_factory.mktemp("whole"), 100.0, KBPS)
    size = whole[0].stat().st_size / 1e6
    return write_packs(store, range(len(store)), tmp_path_factory.mktemp("packs"), 0.7 * size, KBPS)


def test_clips_come_back_in_a_store_with_all_that_is_known_of_them(store, packs, tmp_path):
    assert len(packs) > 1
    back = unpack(packs, tmp_path / "store")
    assert len(back) == len(store) and back.vocabulary == store.vocabulary
    there = {store.name(row): row for row in range(len(store))}
    for row in range(len(back)):
        old = there[back.name(row)]
        assert back.clips[row] == store.clips[old] and back.lengths[row] == store.lengths[old]
        before, after = (one.read(place, 0, int(one.lengths[place])) for one, place in ((store, old), (back, row)))
        if np.abs(before).max() > 0.01:
            assert np.corrcoef(before, after)[0, 1] > 0.9  # Opus is lossy; what it gives starts where the sound starts


def test_a_second_call_only_takes_what_is_new(packs, tmp_path):
    first = unpack(packs[:1], tmp_path / "store")
    shard = next((tmp_path / "store").glob("shard-*.h5"))
    made = shard.stat().st_mtime_ns
    both = unpack(packs, tmp_path / "store")
    assert len(both) > len(first) and shard.stat().st_mtime_ns == made


def test_a_damaged_pack_is_said_and_leaves_nothing(packs, tmp_path):
    cut = tmp_path / "pack-0.zip"
    cut.write_bytes(packs[0].read_bytes()[:-200])
    with pytest.raises(UnweaveError, match="damaged"):
        unpack([cut], tmp_path / "store")
    with zipfile.ZipFile(packs[0]) as archive, zipfile.ZipFile(tmp_path / "huge.zip", "w") as huge:
        said = json.loads(archive.read("clips.json"))
        said["clips"][0]["length"] = 1 << 40
        huge.writestr("clips.json", json.dumps(said))
        huge.writestr("0.opus", archive.read("0.opus"))
    with pytest.raises(UnweaveError, match="damaged"):
        unpack([tmp_path / "huge.zip"], tmp_path / "store")
    assert not list((tmp_path / "store").glob("shard*"))
    with pytest.raises(UnweaveError, match="no pack"):
        unpack([], tmp_path / "store")

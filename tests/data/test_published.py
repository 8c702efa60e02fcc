"""The packs of the paper's code are read as they are."""

import pickle
import tracemalloc

import h5py
import numpy as np
import pytest
from packs import ROWS, SAMPLES, write_index, write_pack

from unweave.data import published
from unweave.data.store import open_store
from unweave.errors import UnweaveError


@pytest.mark.parametrize("kind", ["int16", "float32"])
def test_a_pack(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(published, "BLOCK", 2)  # so that there are several
    waveform, target = write_pack(tmp_path / "pack.h5", 1, kind)
    store = open_store(tmp_path / "pack.h5")
    kept = [0, 1, 3, 4]
    assert len(store) == 4 and store.sample_rate == 32000 and store.vocabulary.is_audioset
    assert np.array_equal(store.targets(), target[kept])
    assert [store.name(row) for row in range(4)] == [f"Y1-{row}.wav" for row in kept]
    for row, place in enumerate(kept):
        wave = store.read(row, -5, SAMPLES + 10)
        assert np.allclose(wave[5:-5], waveform[place], atol=1e-6) and not wave[:5].any() and not wave[-5:].any()
    assert store.classes(3) == () and store.members("train")[-1].tolist() == [3]
    assert store.members("train")[1].tolist() == [0, 1, 2] and store.lengths.tolist() == [SAMPLES] * 4
    assert store.clips[0].split == "train" and store.clips[0].bandwidth == 16000


def test_a_folder_of_packs_and_the_split_that_is_given(tmp_path):
    first, second = (write_pack(tmp_path / f"{seed}.h5", seed)[0] for seed in (0, 1))
    store = open_store(tmp_path, split="valid")
    assert len(store) == 8 and len(store.rows("valid")) == 8 and len(store.rows("train")) == 0
    copy = pickle.loads(pickle.dumps(store))
    assert np.allclose(copy.read(0, 0, SAMPLES), first[0], atol=1e-6) and len(copy.rows("valid")) == 8
    assert np.allclose(copy.read(7, 10, 20), second[4, 10:30], atol=1e-6)


@pytest.mark.parametrize("said", ["waveforms/{}.h5", "/elsewhere/hdf5s/waveforms/{}.h5", "hdf5s/waveforms/{}.h5"])
def test_an_index_finds_its_packs(tmp_path, said):
    base = tmp_path / "hdf5s"
    # Published packs and their index bear the same name.
    waves = [write_pack(base / "waveforms" / f"{name}.h5", seed)[0] for seed, name in enumerate(["train", "more"])]
    names = ["train", "more"]
    write_index(
        base / "indexes" / "train.h5", [(said.format(name), base / "waveforms" / f"{name}.h5") for name in names]
    )
    store = open_store(base / "indexes" / "train.h5")
    assert [store.name(row) for row in range(8)] == [f"Y{seed}-{row}.wav" for seed in (0, 1) for row in (4, 3, 1, 0)]
    for row in range(8):
        expected = waves[row // 4][(4, 3, 1, 0)[row % 4]]
        assert np.allclose(store.read(row, 0, SAMPLES), expected, atol=1e-6)


def test_what_is_wrong_is_said(tmp_path):
    write_pack(tmp_path / "p" / "pack.h5", 0)
    write_index(tmp_path / "i" / "index.h5", [("gone/lost.h5", tmp_path / "p" / "pack.h5")])
    with pytest.raises(UnweaveError, match="1 packs that are not there, such as gone/lost.h5"):
        open_store(tmp_path / "i" / "index.h5")
    write_pack(tmp_path / "p" / "other.h5", 1, rate=16000)
    with pytest.raises(UnweaveError, match="different sample rates"):
        open_store(tmp_path / "p")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(UnweaveError, match="cannot be read as a pack"):
        open_store(tmp_path / "text.h5")
    with h5py.File(tmp_path / "some.h5", "w") as file:
        file["x"] = [1]
    with pytest.raises(UnweaveError, match="neither a pack .* it holds x"):
        open_store(tmp_path / "some.h5")
    with h5py.File(tmp_path / "few.h5", "w") as file:
        file["audio_name"], file["target"], file["waveform"] = [b"a"], np.ones((1, 10), bool), np.ones((1, 9), "int16")
    with pytest.raises(UnweaveError, match="AudioSet has 527"):
        open_store(tmp_path / "few.h5")


def test_an_index_of_many_clips_takes_little_room(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "BLOCK", 256)
    clips, names = 20_000, 5
    for name in range(names):
        write_pack(tmp_path / "waveforms" / f"{name}.h5", 0)
    with h5py.File(tmp_path / "index.h5", "w") as file:
        file["audio_name"] = np.array([f"Y{i:011d}.wav".encode() for i in range(clips)], "S20")
        file["hdf5_path"] = np.array([f"waveforms/{i % names}.h5".encode() for i in range(clips)], "S200")
        file["index_in_hdf5"] = np.arange(clips, dtype=np.int32) % ROWS
        target = file.create_dataset("target", (clips, 527), bool)
        target[:, 3] = True
    open_store(tmp_path / "index.h5")
    tracemalloc.start()
    store = open_store(tmp_path / "index.h5")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(store) == clips and store.name(clips - 1) == f"Y{clips - 1:011d}.wav"
    assert peak < 400 * clips  # 2 million: under 0.8 GB

"""The packs of the paper's code are read as they are."""

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from unweave.data import published
from unweave.data.store import open_store
from unweave.errors import UnweaveError

ROWS, SAMPLES = 5, 320


def write_pack(path: Path, seed: int, kind: str = "int16", rate: int = 32000) -> tuple[np.ndarray, np.ndarray]:
    """A pack in the published layout whose row 2 could not be fetched; returns waveform and target."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    waveform = rng.integers(-32767, 32768, (ROWS, SAMPLES))
    target = rng.random((ROWS, 527)) < 0.005
    target[:, seed], target[4] = True, False
    waveform[2], target[2] = 0, False
    names = [b"" if row == 2 else f"Y{seed}-{row}.wav".encode() for row in range(ROWS)]
    with h5py.File(path, "w") as file:
        file.create_dataset("audio_name", data=names, dtype="S20")
        file.create_dataset("waveform", data=waveform if kind == "int16" else waveform / 32767, dtype=kind)
        file.create_dataset("target", data=target, dtype=bool)
        file.attrs.create("sample_rate", data=rate, dtype=np.int32)
    return waveform / 32767, target


def write_index(path: Path, packs: list[tuple[str, Path]]) -> None:
    """An index in the published layout, its rows in reverse; each pack under the path that is said."""
    columns: dict[str, list] = {"audio_name": [], "target": [], "hdf5_path": [], "index_in_hdf5": []}
    for said, place in packs:
        with h5py.File(place) as file:
            for row in reversed(range(ROWS)):
                columns["audio_name"].append(file["audio_name"][row])
                columns["target"].append(file["target"][row])
                columns["hdf5_path"].append(said.encode())
                columns["index_in_hdf5"].append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, kind in {"audio_name": "S20", "target": bool, "hdf5_path": "S200", "index_in_hdf5": "int32"}.items():
            file.create_dataset(name, data=columns[name], dtype=kind)


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

"""Weights from a stranger: nothing is run, nothing swells, nothing outside of the folder is read."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from parts import WAV2VEC
from reference_fill import light_state
from safetensors.torch import load_file, save_file
from tiny import tiny_model

from unweave.audio.sinc import SincResampler
from unweave.errors import UnweaveError
from unweave.pretrained.bounded import build_bounded
from unweave.pretrained.folder import load_folder
from unweave.pretrained.layouts import read_published
from unweave.pretrained.load import load_model
from unweave.pretrained.parts import load_part
from unweave.taggers.speaker import Speaker
from unweave.taggers.wav2vec import Wav2Vec
from unweave.unpickling import open_plain


def zipped(path: Path, kind: int = zipfile.ZIP_STORED, numbers: int = 1000) -> Path:
    """What `torch.save` writes, packed again."""
    torch.save({"model": {"fc_audioset.weight": torch.zeros(numbers, 10)}}, path)
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def bomb(path: Path) -> Path:
    return zipped(path, zipfile.ZIP_DEFLATED, 200_000)


def overlapping(path: Path) -> Path:
    """Many entries of the directory that are all the same bytes of the file."""
    zipped(path, numbers=100_000)
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", data, end + 12)
    directory = data[start : start + size] * 3
    count = struct.unpack_from("<H", data, end + 8)[0] * 3
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + tail)
    return path


def endless_directory(path: Path) -> Path:
    zipped(path)
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 12, 0x7FFFFFFF)
    path.write_bytes(bytes(data))
    return path


def absurd(key: str, *shape: int) -> Callable[[Path], Path]:
    """A published layout in which one tensor is one number, repeated beyond all bounds."""

    def make(path: Path) -> Path:
        state = light_state("panns_cnn6")
        torch.save({"model": {**state, key: torch.zeros(()).expand(shape)}}, path)
        return path

    return make


def absurd_storage(path: Path) -> Path:
    """The old format of torch, in which a storage says its own size: here 116 TiB."""
    torch.save({"model": {"x": torch.zeros(1234)}}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    pickled = b"M" + struct.pack("<H", 1234)  # BININT2
    assert data.count(pickled) >= 1
    path.write_bytes(data.replace(pickled, b"\x8a\x06" + (2**45 - 1).to_bytes(6, "little")))
    return path


def steered(width: int) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        state = light_state("uss_resunet30_at_soft", "ss_model.")
        wide = {
            key: torch.zeros(()).expand(value.shape[0], width)
            for key, value in state.items()
            if ".film." in key and value.dim() == 2
        }
        torch.save({"state_dict": {**state, **wide}}, path)
        return path

    return make


def sparse(path: Path) -> Path:
    torch.save({"model": {"fc_audioset.weight": torch.eye(3).to_sparse()}}, path)
    return path


def on_paper(path: Path) -> Path:
    torch.save({"model": {"fc_audioset.weight": torch.zeros(10**6, 10**6, device="meta")}}, path)
    return path


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "bomb": bomb,
    "overlapping": overlapping,
    "endless directory": endless_directory,
    "classes": absurd("fc_audioset.weight", 10**9, 512),
    "many classes": absurd("fc_audioset.weight", 10**6, 512),
    "bytes": absurd("bn0.weight", 10**12),
    "storage": absurd_storage,
    "condition": steered(10**9),
    "wide condition": steered(200_000),
    "sparse": sparse,
    "on paper": on_paper,
    "pipe": fifo,
    "endless": lambda path: Path("/dev/zero"),
    "terminal": lambda path: Path("/dev/null"),
    "waits": lambda path: Path("/proc/kmsg"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence_and_little_memory(tmp_path: Path, what: str) -> None:
    path = HOSTILE[what](tmp_path / "hostile.pth")
    if not path.exists():
        pytest.skip(f"{path} is not on this system")
    tracemalloc.start()
    try:
        with pytest.raises(UnweaveError) as caught:
            read_published(path)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    with pytest.raises(UnweaveError):
        load_model(path)


def test_a_bomb_is_refused_by_its_directory_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(tmp_path / "bomb.ckpt")
    monkeypatch.setattr(torch, "load", lambda *args, **kwargs: pytest.fail("it was opened"))
    with pytest.raises(UnweaveError, match="compressed archive"):
        open_plain(path)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
@pytest.mark.timeout(120)
def test_a_folder_of_pipes_is_refused(tmp_path: Path, name: str) -> None:
    folder = tiny_model().save(tmp_path / "m")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    for load in (load_folder, lambda path: load_part("tagger", path)):
        with pytest.raises(UnweaveError, match="not a regular file"):
            load(folder)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.tensor([[float("nan"), 0], [0, 0]]), "numbers that are none"),
        (torch.tensor([[float("inf"), 0], [0, 0]]), "numbers that are none"),
        (torch.zeros(2, 2, dtype=torch.int64), "holds int64"),
        (torch.zeros(2, 2, dtype=torch.bool), "holds bool"),
        (torch.zeros(4), r"is \[4\], not \[2, 2\]"),
    ],
)
def test_weights_that_are_none_are_refused(tmp_path: Path, value: torch.Tensor, words: str) -> None:
    folder = tiny_model().save(tmp_path / "m")
    state = load_file(folder / "model.safetensors")
    save_file({**state, "tagger.weight": value}, folder / "model.safetensors")
    with pytest.raises(UnweaveError, match=words):
        load_folder(folder)


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    folder = tiny_model().save(tmp_path / "m")
    for shape, end in (([10**6, 10**6], 4 * 10**12), ([2, 2], 4 * 10**12), ([10**18, 10**18], 16)):
        header = json.dumps({"tagger.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 16)
        with pytest.raises(UnweaveError, match="cannot be read"):
            load_folder(folder)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(UnweaveError, match="cannot be read"):
        load_folder(folder)


def test_building_stops_before_memory_is_asked_for() -> None:
    asked = []

    def build() -> torch.nn.Module:
        asked.append(torch.nn.Linear(10, 10))
        return torch.nn.Linear(10**8, 10**8)

    with pytest.raises(UnweaveError, match="larger than its weights"):
        build_bounded("A network", build, {"weight": (10, 10)})
    with pytest.raises(UnweaveError, match="larger than its weights"):
        build_bounded("A network", lambda: torch.nn.ModuleList(torch.nn.ReLU() for _ in range(10**7)), {})
    assert len(asked) == 1
    state = torch.random.get_rng_state()
    whole = build_bounded("A network", lambda: torch.nn.Linear(10, 10), {"weight": (10, 10)})
    assert whole.weight.shape == (10, 10) and torch.equal(state, torch.random.get_rng_state())
    torch.nn.ModuleList(torch.nn.ReLU() for _ in range(5000))  # nobody is held to those bounds afterwards


def test_filters_that_would_fill_the_memory_are_refused() -> None:
    with pytest.raises(UnweaveError, match="too little in common"):
        SincResampler(31_999, 22_050)
    assert SincResampler(44_100, 16_000).kernel.shape[0] == 160


def test_parts_never_follow_what_a_config_names(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    for key in ("attn_implementation", "_attn_implementation", "auto_map", "quantization_config"):
        with pytest.raises(UnweaveError, match="may not say how it is run"):
            Wav2Vec(classes=3, config={**WAV2VEC, key: "kernels-community/flash-attn"})
    for key, value in (("hidden_size", 10**12), ("hidden_size", "8"), ("conv_dim", [8] * 1000), ("hidden_act", 5)):
        with pytest.raises(UnweaveError, match=f"as its {key}"):
            Wav2Vec(classes=3, config={**WAV2VEC, key: value})
    assert Wav2Vec(classes=3, config={**WAV2VEC, "architectures": ["Other"]}).net is not None
    folder = tmp_path / "published"
    transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**WAV2VEC)).save_pretrained(folder)
    assert Wav2Vec(classes=3, weights=str(folder)).embedding_dim == 8
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    with pytest.raises(UnweaveError, match="cannot be read"):
        Wav2Vec(classes=3, weights=str(folder))
    (folder / "adapter_config.json").unlink()
    (folder / "model.safetensors").rename(tmp_path / "outside.safetensors")
    index = {"metadata": {}, "weight_map": {"masked_spec_embed": "../outside.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UnweaveError, match="cannot be read"):
        Wav2Vec(classes=3, weights=str(folder))


def test_weights_of_a_speaker_are_opened_with_the_same_care(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="compressed archive"):
        Speaker(classes=3, weights=str(bomb(tmp_path / "bomb.pt")))
    with pytest.raises(UnweaveError, match="not a regular file"):
        Speaker(classes=3, weights=str(fifo(tmp_path / "pipe.safetensors")))

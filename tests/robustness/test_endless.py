"""What never ends, or has no bound: pipes and devices in every place, rates and names from another world."""

from __future__ import annotations

import io
import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny import RATE, tiny_model, tones

from unweave.audio.io import AudioWriter, open_audio
from unweave.cli.main import run
from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.pretrained.load import import_published, load_model
from unweave.pretrained.parts import load_part
from unweave.regular import check_regular

ENDLESS = ["pipe", "/dev/zero", "/dev/urandom", "/proc/kmsg", "/dev/null"]


@pytest.fixture
def ok(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "ok.wav", tones(1).T, RATE)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "ok.wav"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model().save(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.mark.parametrize("place", ENDLESS)
@pytest.mark.parametrize("role", ["input", "tag", "example", "model"])
def test_neither_a_pipe_nor_a_device_is_waited_for(
    ok: Path, tmp_path: Path, model: str, place: str, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if place.startswith("/") and not Path(place).exists():
        pytest.skip(f"this system has no {place}")
    path = str(tmp_path / place)
    out = ["-o", str(tmp_path / "out"), "--quiet"]
    words = {
        "input": ["separate", path, "--model", model, *out],
        "tag": ["tag", path, "--model", model],
        "example": ["separate", str(ok), "--query", path, "--model", model, *out],
        "model": ["separate", str(ok), "--model", path, *out],
    }[role]
    assert run(words) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and len(said.strip().splitlines()) == 1 and place in said
    assert not (tmp_path / "out").exists()


def test_standard_input_is_read_to_its_end_and_separated(
    ok: Path, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open(ok, "rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read())))
    assert run(["separate", "-", "-o", str(tmp_path / "out"), "--model", model, "--level", "1", "--quiet"]) == 0
    assert list((tmp_path / "out").rglob("residual.wav")) and capsys.readouterr().err == ""


def test_pipes_are_no_weights_from_python_either(ok: Path, tmp_path: Path) -> None:
    for use in (
        lambda: load_model(tmp_path / "pipe"),
        lambda: load_part("tagger", tmp_path / "pipe"),
        lambda: import_published(tmp_path / "pipe", tmp_path / "new"),
    ):
        with pytest.raises(UnweaveError, match="a pipe, not a regular file; give a file of weights"):
            use()
    check_regular(ok)


def wav(rate: int, samples: int = 1600) -> bytes:
    body = np.ones(samples, "<i2").tobytes()
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, rate, (2 * rate) & 0xFFFFFFFF, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + fmt + b"data" + struct.pack("<I", len(body)) + body
    )


@pytest.mark.parametrize("rate", [1, 99, 1_000_001, 2**31 - 1, 2**32 - 1])
def test_rates_that_cannot_be_are_refused_in_words(tmp_path: Path, rate: int) -> None:
    (tmp_path / "x.wav").write_bytes(wav(rate))
    for place in (tmp_path / "x.wav", io.BytesIO(wav(rate))):
        with pytest.raises(UnweaveError, match="damaged"):
            open_audio(place)
    with pytest.raises(UnweaveError, match="sample_rate lies between 100 Hz and 1,000,000 Hz"):
        tiny_model().tag(np.ones((1, 1600), np.float32), rate)


@pytest.mark.parametrize("rate", [100, 1_000_000])
def test_rates_at_the_bounds_are_read(tmp_path: Path, rate: int) -> None:
    (tmp_path / "x.wav").write_bytes(wav(rate))
    with open_audio(tmp_path / "x.wav") as reader:
        assert sum(block.shape[1] for block in reader.blocks(1000)) == 1600


@pytest.mark.parametrize("sample_rate", [float("nan"), float("inf"), -1, 44100.5, True, None])
def test_rates_of_samples_are_whole_numbers(sample_rate: float | None) -> None:
    with pytest.raises(UnweaveError, match="whole number|between 100 Hz and"):
        tiny_model().tag(np.ones((1, 1600), np.float32), sample_rate)


@pytest.mark.parametrize("text", ["a" * 1_000_000, "dog " * 250_000, "é" * 1_000_000, "\0" * 1_000_000])
def test_a_class_of_a_million_letters_is_refused_at_once_and_shortly(text: str) -> None:
    before = time.process_time()
    with pytest.raises(UnweaveError, match="is no class") as caught:
        Ontology().find(text)
    assert time.process_time() - before < 20 and len(str(caught.value)) < 500  # it took two minutes


def test_names_that_no_file_can_have(ok: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    long = "n" * 300
    for words in (
        [str(ok), "-o", str(tmp_path / long), "--model", model],
        [str(ok), "-o", str(tmp_path / long / "deeper"), "--model", model],
        [str(tmp_path / f"{long}.wav"), "--model", model],
        [str(ok), "-o", str(tmp_path / "out"), "--model", long],
        [str(ok), "-o", str(tmp_path / "out"), "--model", f"{tmp_path}/{long}.ckpt"],
        [str(ok), "-o", str(tmp_path / "out"), "--model", model, "--query", str(tmp_path / long)],
    ):
        assert run(["separate", *words, "--quiet"]) == 2
        printed, said = capsys.readouterr()
        assert printed == "" and len(said.strip().splitlines()) == 1
    for format in ("wav", "flac", "ogg"):
        with pytest.raises(UnweaveError, match="shorter name"):
            AudioWriter(tmp_path / f"{long}.{format}", 44100, 1, format)  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ok.wav", "pipe"]


def test_a_user_without_a_home_separates_and_is_told_where_downloads_would_go(
    ok: Path, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("UNWEAVE_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert run(["separate", str(ok), "-o", str(tmp_path / "out"), "--model", model, "--quiet"]) == 0
    from unweave.pretrained.download import default_cache

    with pytest.raises(UnweaveError, match="Set UNWEAVE_CACHE"):
        default_cache()
    monkeypatch.setenv("UNWEAVE_CACHE", "~nobody-of-this-name/cache")
    with pytest.raises(UnweaveError, match="~ in UNWEAVE_CACHE"):
        default_cache()


@pytest.mark.parametrize(
    ("rate", "channels", "says"), [(96001, 1, "in tens"), (1_000_000, 1, "rate of 1"), (RATE, 9, "channels")]
)
def test_a_format_that_cannot_hold_the_recording_is_refused_before_the_work(
    tmp_path: Path, rate: int, channels: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "x.wav", np.zeros((2000, channels), np.float32), rate)
    model = tiny_model()
    model.tagger.forward = None  # type: ignore[assignment, union-attr, method-assign]
    with pytest.raises(UnweaveError, match=says):
        model.separate_file(tmp_path / "x.wav", tmp_path / "out", level=1, format="flac")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("rate", [65535, 65540, 96000, 655350])
def test_flac_is_written_at_every_rate_that_is_not_refused(tmp_path: Path, rate: int) -> None:
    with AudioWriter(tmp_path / "x.flac", rate, 1, "flac") as file:
        file.write(np.zeros((1, 5000), np.float32))
    with pytest.raises(UnweaveError, match="in tens"):
        AudioWriter(tmp_path / "y.flac", 65536, 1, "flac")

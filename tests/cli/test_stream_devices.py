"""PortAudio is made up: devices with threads of their own that are as quick as they like."""

from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import RATE, tiny_model

from unweave.cli import stream_devices
from unweave.cli.main import run
from unweave.errors import UnweaveError
from unweave.inference.live_load import Load

BLOCK = 100
ROWS = [
    {"name": "Mic", "hostapi": 0, "max_input_channels": 1, "max_output_channels": 0, "default_samplerate": 44100.0},
    {"name": "Boxes", "hostapi": 0, "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 8000.0},
]


class PortAudioError(Exception):
    pass


class Device:
    """A stream of a device: its callback is called from a thread until it is closed, or its sound is over."""

    latency = 0.01

    def __init__(self, library: Library, give: list[np.ndarray] | None, callback: Callable[..., None]) -> None:
        self.give, self.callback, self.active, self.taken = give, callback, True, []
        self.thread = threading.Thread(target=self.run)
        library.opened.append(self)

    def run(self) -> None:
        while self.active:
            if self.give is None:
                data = np.full((BLOCK, 1), 9, np.float32)
                self.callback(data, BLOCK, None, None)
                self.taken.append(data[:, 0])
            elif self.give:
                self.callback(self.give.pop(0)[:, None], BLOCK, None, None)
            else:
                self.active = False
            time.sleep(0.001)

    def __enter__(self) -> Device:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.active = False
        self.thread.join()


class Library(types.ModuleType):
    """As much of sounddevice as is used."""

    def __init__(self, sound: np.ndarray) -> None:
        super().__init__("sounddevice")
        self.default = types.SimpleNamespace(device=[0, 1])
        self.sound, self.opened, self.asked = sound, [], []

    def query_devices(self, device: Any = None, kind: str | None = None) -> Any:
        if device == "Nobody":
            raise ValueError("No input device matching 'Nobody'")
        return ROWS if kind is None else ROWS[kind == "output"]

    def query_hostapis(self, number: int) -> dict[str, str]:
        return {"name": "ALSA"}

    def InputStream(self, **words: Any) -> Device:  # noqa: N802
        self.asked.append(words)
        if words["samplerate"] == 12345:
            raise PortAudioError("Invalid sample rate")
        pieces = [self.sound[at : at + BLOCK] for at in range(0, len(self.sound), BLOCK)]
        return Device(self, pieces, words["callback"])

    def OutputStream(self, **words: Any) -> Device:  # noqa: N802
        self.asked.append(words)
        return Device(self, None, words["callback"])


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    noise = np.random.default_rng(0).uniform(0.1, 0.5, 80 * BLOCK + 7)
    made = Library(
        np.convolve(noise, np.full(8, 1 / 8), "valid").astype(np.float32)
    )  # as clocks may be half a sample off
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model().save(tmp_path_factory.mktemp("models") / "tiny"))


def test_from_one_device_to_another_to_the_last_sample(
    library: Library, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "stream --keep all --input-device 0 --output-device Boxes"
    assert run([*words.split(), "--model", model]) == 0
    err = capsys.readouterr().err
    assert "Mic to Boxes, 0.31 s later" in err and "A device has stopped" in err
    assert [words["device"] for words in library.asked] == [0, "Boxes"]
    assert {words["samplerate"] for words in library.asked} == {RATE} and library.asked[0]["channels"] == 1
    source, target = library.opened
    assert not source.active and not target.active
    played = np.concatenate(target.taken)
    last = np.flatnonzero(played)[-1]
    # A short piece, as a busy machine leaves gaps; what is noise is like itself alone.
    tail, sound = played[last - 160 : last - 40], library.sound
    pieces = [sound[len(sound) - 160 - shift : len(sound) - 40 - shift] for shift in range(-20, 60)]
    assert max(np.corrcoef(tail, piece)[0, 1] for piece in pieces) > 0.9


def test_a_machine_that_is_too_slow_for_devices_is_told_while_they_run(
    library: Library, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Load, "now", property(lambda load: 1.4))
    assert run(["stream", "--keep", "all", "--input-device", "0", "--output-device", "1", "--model", model]) == 0
    err = capsys.readouterr().err
    assert err.count("falls behind") == 1 and "takes 1.40 s for a second" in err and "What helps" in err
    assert "Done; " in err.splitlines()[-1]


def test_devices_are_listed_with_those_that_are_taken_unasked(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["stream", "--list-devices"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows == [["0*", "Mic (ALSA)", "1", "0", "44100"], ["1*", "Boxes (ALSA)", "0", "2", "8000"]]


def test_what_the_devices_refuse_is_a_sentence(
    library: Library, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, says in (("--input-device Nobody", "No input device"), ("--output-device 1 --rate 12345", "Invalid")):
        assert run(["stream", "--keep", "all", "--quiet", *words.split(), "--model", model]) == 2
        err = capsys.readouterr().err
        assert says in err and "--list-devices" in err and err.count("\n") == 1


def test_what_is_missing_is_said_with_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    with pytest.raises(UnweaveError, match="apt install libportaudio2"):
        stream_devices.sound_devices()
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(UnweaveError, match=r"unweave\[live\]"):
        stream_devices.sound_devices()

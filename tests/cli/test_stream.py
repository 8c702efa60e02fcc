from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones
from untrained import write_untrained

from unweave.audio.pcm import PcmFormat
from unweave.cli.main import run

DELAY = RATE // 4
FFMPEG = "needs the program ffmpeg: apt install ffmpeg, brew install ffmpeg, or https://ffmpeg.org/download.html"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model().save(tmp_path_factory.mktemp("models") / "tiny"))


class Piped(io.TextIOWrapper):
    """Standard input from bytes."""

    def fileno(self) -> int:
        raise io.UnsupportedOperation("no file")


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes | io.RawIOBase) -> None:
    raw = io.BytesIO(data) if isinstance(data, bytes) else data
    monkeypatch.setattr(sys, "stdin", Piped(raw))  # type: ignore[arg-type]


def test_raw_samples_come_out_as_they_went_in_later(
    model: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for samples in ("s16le", "f32le"):
        form = PcmFormat(11025, 2, samples)
        data = form.encode(np.random.default_rng(0).uniform(-0.9, 0.9, (2, 12345)).astype(np.float32))
        piped(monkeypatch, data + b"x")  # half a frame at the end is none
        words = f"stream --keep all --rate 11025 --channels 2 --sample-format {samples} --latency 0.5 --quiet"
        assert run([*words.split(), "--model", model]) == 0
        out, err = capsysbinary.readouterr()
        assert out == bytes(round(0.5 * 11025) * form.frame) + data and err == b""


def test_a_wav_stream_is_answered_with_one_and_what_it_costs_is_said(
    model: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = io.BytesIO()
    sf.write(file, tones(3, spans={0: (0, 3), 1: (0, 3)})[0], RATE, "FLOAT", format="WAV")
    piped(monkeypatch, file.getvalue())
    assert run(["stream", "--class", "Dog", "--model", model, "--backend", "eager"]) == 0
    out, err = capsysbinary.readouterr()
    y, rate = sf.read(io.BytesIO(out))
    assert rate == RATE and len(y) == 3 * RATE + DELAY
    np.testing.assert_allclose(
        y[DELAY + RATE : DELAY + 2 * RATE], tones(3, spans={1: (0, 3)})[0, RATE : 2 * RATE], atol=5e-3
    )
    first, *_, last = err.decode().splitlines()
    assert first.startswith("unweave: Dog kept, 2000 samples (0.25 s) later; 1 x 8000 Hz; ")
    assert "for each second of sound" in first and last.startswith("unweave: Done; ")


def test_a_signal_ends_it_with_everything_played(
    model: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    data = PcmFormat(RATE, 1, "s16le").encode(tones(1))
    more = threading.Event()

    class Waits(io.RawIOBase):
        """Gives all there is, then says stop, and then nothing more for ever."""

        left = data

        def readable(self) -> bool:
            return True

        def read(self, count: int = -1) -> bytes:
            given, self.left = self.left[:3000], self.left[3000:]
            if not given:
                os.kill(os.getpid(), signal.SIGINT)
                more.wait()
            return given

    piped(monkeypatch, Waits())
    assert run(["stream", "--keep", "all", "--rate", str(RATE), "--model", model]) == 0
    more.set()
    out, err = capsysbinary.readouterr()
    assert out == bytes(2 * DELAY) + data
    assert b"interrupted" not in err and b"0.00 s of work for each second of sound" in err  # all kept costs nothing


def test_a_reader_that_leaves_ends_it_quietly(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Gone(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            raise BrokenPipeError

    piped(monkeypatch, bytes(RATE))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Gone()))  # type: ignore[type-var]
    assert run(["stream", "--keep", "all", "--rate", str(RATE), "--model", model, "--quiet"]) == 1
    assert capsys.readouterr().err == ""
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Say what is wanted"),
        ("--class Dgo --rate 8000", "Dog"),
        ("--class Dog", "need --rate"),
        ("--class Dog --rate 8000 --latency 9", "between 0.1 and 1.5 s"),
        ("--class Dog --rate 8000 --sample-format u8", "no sample format"),
        ("--class Dog --rate 8000 --channels 99", "1 to 64 channels"),
        ("--class Dog --rate 7", "sample_rate lies between"),
        ("--class Dog --remove Siren --rate 8000", "cannot go together"),
        ("--remove 1-2 --rate 8000", "stretch of a recording"),
        ("--class Dog --rate 8000 --catch-up 0", "--catch-up is a time"),
        ("--class Dog --rate 8000 --precision bfloat17", "precision"),
    ],
)
def test_wrong_use_is_one_sentence_and_no_sound(
    words: str, says: str, model: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    piped(monkeypatch, bytes(1000))
    assert run(["stream", *words.split(), "--model", model]) == 2
    out, err = capsysbinary.readouterr()
    assert out == b"" and says in err.decode() and err.decode().count("\n") == 1


def test_terminals_are_neither_read_nor_written(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["stream", "--keep", "all", "--rate", "8000", "--model", model]
    piped(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert run(words) == 2 and "from another program" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(words) == 2 and "to the terminal" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason=FFMPEG)
def test_real_programs_on_either_side(tmp_path: Path) -> None:
    """As fast as it sounds, with a real model, flushed at the end; what is not heard stays as it was."""
    x = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 30000)).astype(np.float32)
    sf.write(tmp_path / "in.wav", x.T, 44100, "PCM_16")
    loud = ["ffmpeg", "-nostdin", "-loglevel", "error"]
    source = subprocess.Popen([*loud, "-re", "-i", tmp_path / "in.wav", "-f", "wav", "-"], stdout=subprocess.PIPE)
    words = "stream --remove Speech --threshold 1 --latency 0.1 --precision float32 --backend eager --model".split()
    middle = subprocess.Popen(
        [sys.executable, "-m", "unweave", *words, write_untrained(tmp_path)],
        stdin=source.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert source.stdout is not None and middle.stdout is not None and middle.stderr is not None
    source.stdout.close()
    sink = subprocess.run([*loud, "-i", "-", "-c:a", "pcm_s16le", tmp_path / "out.wav"], stdin=middle.stdout)
    middle.stdout.close()
    err = middle.stderr.read().decode()
    middle.stderr.close()
    assert (source.wait(), middle.wait(), sink.returncode) == (0, 0, 0), err
    y, _ = sf.read(tmp_path / "out.wav", dtype="int16")
    there, _ = sf.read(tmp_path / "in.wav", dtype="int16")
    assert len(y) == len(x.T) + 4410 and not y[:4410].any()
    np.testing.assert_array_equal(y[4410:], there)
    assert "4410 samples (0.1 s) later" in err

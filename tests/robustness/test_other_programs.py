"""Unweave inside of somebody else's program: their processes, their settings, their copies of a model."""

from __future__ import annotations

import copy
import gc
import io
import logging
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import RATE, tiny_model, tones
from untrained import write_untrained

import unweave
from unweave.engines import attach, engines
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.surroundings import Process, starts_threads

SOUND = tones(2.0, spans={0: (0, 2), 1: (1, 2)})
BACKENDS = [
    name for name in ("eager", "openvino", "onnx", "auto") if name == "auto" or engines.builder(name).installed()
]

FORK = """
import multiprocessing, os, sys
import numpy as np
import unweave

def separated(model):
    return [track.audio for track in model.separate(sound, 32000, classes=["Dog"])]

def work(times):
    return separated(model)

def work_with_a_new_one(times):
    return separated(unweave.load_model(sys.argv[1], device="cpu", backend=backend))

sound = (0.1 * np.random.default_rng(0).standard_normal((1, 48000))).astype(np.float32)
for backend in sys.argv[2:]:
    model = unweave.load_model(sys.argv[1], device="cpu", backend=backend)
    before = separated(model)
    assert np.abs(before[0]).max() > 1e-3
    pool = multiprocessing.get_context("fork").Pool(1)
    said = [backend]
    for ask in (work, work_with_a_new_one):
        made = pool.map_async(ask, [0]).get(timeout=3000)
        said.append(max(float(np.abs(one - other).max()) for one, other in zip(made[0], before)) < 1e-4)
    pool.terminate()
    said.append(all(np.abs(one - other).max() < 1e-4 for one, other in zip(separated(model), before)))
    print(*said, flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where networks are kept once they are compiled."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of the same parts as the one in the box, that an engine has compiled in no time."""
    return write_untrained(tmp_path_factory.mktemp("model"), class_gate=0.0)


@pytest.fixture(scope="module")
def forks(compiled: Path, folder: str) -> list[list[str]]:
    """What one program says that forks after it has used a model, with each engine: who runs it, then what holds."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "UNWEAVE_CACHE": str(compiled)}
    words = [sys.executable, "-W", "ignore", "-c", FORK, folder, *BACKENDS]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=3000)
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fork_after_the_model_was_used_works(backend: str, forks: list[list[str]]) -> None:
    assert [backend, "True", "True", "True"] in forks


def test_a_process_knows_that_it_is_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process()
    starts_threads()
    assert not process.has_forked()
    here = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: here + 1)
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    assert process.has_forked() and not process.has_forked()
    tiny_model().tag(SOUND, RATE)
    tiny_model().tag(SOUND, RATE)
    assert asked[0] == 1
    monkeypatch.undo()
    tiny_model().tag(SOUND, RATE)


def test_cuda_after_a_fork_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: True)
    model = tiny_model()
    monkeypatch.setattr(Model, "device", torch.device("cuda"))
    with pytest.raises(UnweaveError, match="spawn"):
        model.tag(SOUND, RATE)


def attached(folder: str, backend: str) -> Model:
    model = unweave.load_model(folder, device="cpu", backend=backend)
    model.separate(np.zeros((1, 32000), np.float32), 32000, classes=["Dog"])  # it holds what was compiled
    return model


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_can_be_pickled_saved_and_copied(
    backend: str, compiled: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNWEAVE_CACHE", str(compiled))
    model = attached(folder, backend)
    sound = 0.1 * np.random.default_rng(0).standard_normal((1, 48000)).astype(np.float32)
    wanted = model.separate(sound, 32000, classes=["Dog"])
    assert np.abs(wanted[0].audio).max() > 1e-3
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(file)  # a whole model is code; our own files are not
    file.seek(0)
    for other in (pickle.loads(pickle.dumps(model)), torch.load(file, weights_only=False), copy.deepcopy(model)):
        for one, track in zip(wanted, other.separate(sound, 32000, classes=["Dog"]), strict=True):
            np.testing.assert_allclose(one.audio, track.audio, atol=1e-4)
        assert other.settings == model.settings and other.labels == model.labels and other.spec == model.spec


def test_a_runner_is_pickled_without_whom_it_tells() -> None:
    model = unweave.load_model(device="cpu", backend="eager")
    said: list[str] = []
    attach(model.separator, "auto", None, None, lambda sentence: said.append(sentence))
    assert pickle.loads(pickle.dumps(model)).separator.logits.say is None


def tagged(model: Model, queue: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    queue.put([event.name for event in model.tag(SOUND, RATE)])


def everything(folder: Path) -> None:
    """All that a program does with a model in the box."""
    soundfile.write(folder / "sound.wav", SOUND[0], RATE)
    model = unweave.load_model(device="cpu", backend="eager")
    model.tag(SOUND, RATE)
    for track in model.separate(folder / "sound.wav", classes=["Dog"], query=str(folder / "sound.wav")):
        track.save(folder / f"{track.name}.flac")
    model.separate_file(folder / "sound.wav", folder / "out", level=1, classes=["Dog"])
    model.save(folder / "model")
    unweave.load_model(folder / "model", device="cpu", backend="eager")


def state() -> dict[str, object]:
    """What a program would notice if it changed."""
    import matplotlib.pyplot

    gc.collect()  # what other tests left, threads too, is none of its business
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": list(sys.path),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "warnings": list(warnings.filters),
        "numpy": (np.geterr(), np.get_printoptions()["precision"], np.random.get_state()[1].tobytes()),
        "python": random.getstate(),
        "torch": (
            torch.get_default_dtype(),
            torch.get_default_device(),
            torch.get_num_threads(),
            torch.random.get_rng_state().numpy().tobytes(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_float32_matmul_precision(),
            torch.backends.cudnn.benchmark,
        ),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "matplotlib": (dict(matplotlib.rcParams), matplotlib.get_backend(), matplotlib.pyplot.get_fignums()),
        "hooks": (sys.excepthook, threading.excepthook, sys.stdout, sys.stderr),
        "recursion": sys.getrecursionlimit(),
        "mask": (mask := os.umask(0o22), os.umask(mask))[0],
        "threads": sorted(thread.name for thread in threading.enumerate()),
    }


def test_nothing_of_the_program_around_is_changed(tmp_path: Path) -> None:
    everything(tmp_path)  # what is imported meanwhile may set itself up
    before = state()
    (tmp_path / "again").mkdir()
    everything(tmp_path / "again")
    after = state()
    assert {name for name in before if before[name] != after[name]} == set()


SETTINGS = ("numpy", "float64", "device", "no gradients", "inference", "autocast", "deterministic", "threads")


def answers(folder: Path) -> list[np.ndarray]:
    model = unweave.load_model(device="cpu", backend="eager")
    tracks = model.separate(1e-3 * SOUND, RATE, classes=["Dog"], query=str(folder / "example.wav"))
    assert all(tensor.dtype != torch.float64 for tensor in model.state_dict().values())
    return [track.audio for track in tracks]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """Where the example lies, and what is answered where nobody has set anything."""
    folder = tmp_path_factory.mktemp("asked")
    soundfile.write(folder / "example.wav", SOUND[0], RATE)
    return folder, answers(folder)


@pytest.mark.parametrize("what", SETTINGS)
def test_no_setting_of_the_program_around_changes_anything(what: str, asked: tuple[Path, list[np.ndarray]]) -> None:
    folder, wanted = asked
    threads = torch.get_num_threads()
    try:
        if what == "numpy":
            with np.errstate(all="raise"):
                made = answers(folder)
        elif what == "float64":
            torch.set_default_dtype(torch.float64)
            made = answers(folder)
        elif what == "device":
            torch.set_default_device("meta")
            made = answers(folder)
        elif what == "no gradients":
            with torch.no_grad():
                made = answers(folder)
        elif what == "inference":
            with torch.inference_mode():
                made = answers(folder)
        elif what == "autocast":
            with torch.autocast("cpu", torch.bfloat16):
                made = answers(folder)
        elif what == "deterministic":
            torch.use_deterministic_algorithms(True)
            made = answers(folder)
        else:
            torch.set_num_threads(1)
            made = answers(folder)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.use_deterministic_algorithms(False)
        torch.set_num_threads(threads)
    for one, other in zip(wanted, made, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)

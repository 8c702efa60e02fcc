"""The three graphs of an exported model, run by ONNX Runtime."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave_light.errors import LightError
from unweave_light.spectra import Samples, Spectra, Transform

Floats = NDArray[np.float32]
GRAPHS = ("tagger", "encoder", "decoder")
MOST_THREADS = 4
SCHEMA = 3  # of what is read


@dataclass
class Encoded:
    """A mono segment on its way: its spectrogram (F, N) and what the encoder says of it."""

    spectra: Spectra
    features: list[Floats]


class Networks:
    """Hears and separates mono segments of one length.

    Args:
        folder: that `unweave models export` wrote.
        threads: that work at once; None for one for each core, up to 4. A segment goes through a graph on one core.

    Raises:
        LightError: no such folder.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.told = read(folder)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.threads = threads or min(cores, MOST_THREADS)
        self.pool = ThreadPoolExecutor(self.threads)
        # All at once, the one that is needed first before the others: what takes time is making them ready.
        self._sessions: dict[str, Future[Any]] = {
            name: self.pool.submit(_session, folder / f"{name}.onnx") for name in GRAPHS
        }
        self.transforms = {name: Transform(**one) for name, one in self.told["transforms"].items()}

    def hear(self, segment: Samples) -> tuple[Floats, Floats, Floats]:
        """(T,) -> probabilities (K,), over time (F', K), and those that a separator is told of (K,)."""
        power = np.square(np.abs(self.transforms["tagger"](segment)))[None]
        clip, frames, own = self._run("tagger", power)
        return np.nan_to_num(clip[0]), np.nan_to_num(frames[0]), np.nan_to_num(own[0])

    def encode(self, segment: Samples) -> Encoded:
        """(T,) -> what serves for all sounds of it."""
        spectra = self.transforms["separator"](segment)[:, :-1]  # the top bin is left out
        return Encoded(spectra, self._run("encoder", np.abs(spectra).T[None]))

    def decode(self, encoded: Encoded, condition: Floats, samples: int) -> Samples:
        """The source that the condition (D,) asks for, (T,)."""
        ((mask,),) = self._run("decoder", condition[None], *encoded.features)
        source = encoded.spectra * (mask[0] + np.complex64(1j) * mask[1])
        return np.nan_to_num(self.transforms["separator"].inverse(np.pad(source, ((0, 0), (0, 1))), samples))

    def _run(self, name: str, *tensors: Floats) -> list[Floats]:
        feeds = {f"in{number}": np.ascontiguousarray(tensor, np.float32) for number, tensor in enumerate(tensors)}
        found: list[Floats] = self._sessions[name].result().run(None, feeds)
        return found


def read(folder: Path) -> dict[str, Any]:
    """`light.json`.

    Raises:
        LightError: it is not there, or of another layout.
    """
    try:
        told = json.loads((folder / "light.json").read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("schema") != SCHEMA:
            raise ValueError
    except OSError:
        raise LightError(
            f"{folder} holds no exported model: write one with unweave models export small -o FOLDER."
        ) from None
    except ValueError:
        raise LightError(f"{folder / 'light.json'} is not of a layout that this version knows.") from None
    if lost := [name for name in GRAPHS if not (folder / f"{name}.onnx").is_file()]:
        raise LightError(f"{folder / lost[0]}.onnx is missing; export the model again.")
    return told


def _session(file: Path) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # Windows' builds tell their makers of their use
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds, which share no parent
        raise LightError(f"{file} cannot be used: {str(error).splitlines()[0]}. Export the model again.") from error

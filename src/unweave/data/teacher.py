"""Soft labels from a pretrained AudioSet tagger in LiteRT (.tflite) form, such as YAMNet.

A clip tagged "Dog" also holds rain and birds. A teacher hears them, and a tagger of ours learns its scores beside the
tags, so that it knows more classes than the tags name.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.audio.resampling import resample
from unweave.errors import UnweaveError
from unweave.ontology import Ontology


class Teacher:
    """A LiteRT tagger that scores patches of a waveform.

    Args:
        model: the .tflite file; one input (patch,) float32, one output (1, classes).
        class_map: csv with the columns index and mid, in the order of the outputs.
        sample_rate: what the teacher wants, in Hz.
        hop_seconds: distance of its patches.
    """

    def __init__(
        self, model: str | Path, class_map: str | Path, sample_rate: int = 16000, hop_seconds: float = 0.48
    ) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UnweaveError("Soft labels need the package ai-edge-litert; install it first.") from error
        self.sample_rate = sample_rate
        self.hop = round(hop_seconds * sample_rate)
        self._interpreter: Any = Interpreter(str(model), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.patch = int(np.prod(self._input["shape"]))
        by_mid = {label.mid: label.index for label in Ontology().labels}
        with open(class_map, newline="", encoding="utf-8") as file:
            mids = [row["mid"] for row in csv.DictReader(file)]
        self.known = np.array([by_mid[mid] for mid in mids if mid in by_mid])
        self._columns = np.array([column for column, mid in enumerate(mids) if mid in by_mid])

    def __call__(self, waveform: NDArray[np.float32], sample_rate: int, classes: int = 527) -> NDArray[np.float32]:
        """Scores of each patch; classes that the teacher does not know are NaN.

        Shape:
            waveform (T,) -> (patches, K)
        """
        x = resample(waveform[None], sample_rate, self.sample_rate)[0]
        x = np.pad(x, (0, max(0, self.patch - len(x))))
        scores = []
        for start in range(0, len(x) - self.patch + 1, self.hop):
            self._interpreter.set_tensor(
                self._input["index"], x[start : start + self.patch].reshape(self._input["shape"]).astype(np.float32)
            )
            self._interpreter.invoke()
            scores.append(self._interpreter.get_tensor(self._output["index"])[0])
        out = np.full((len(scores), classes), np.nan, np.float32)
        out[:, self.known] = np.stack(scores)[:, self._columns]
        return out

"""A pretrained AudioSet tagger in LiteRT (.tflite) form, such as YAMNet, for a tagger of ours to learn from.

A clip tagged "Dog" also holds rain and birds. A teacher hears them, and a tagger that learns its scores beside the tags
knows more classes than the tags name.
"""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.audio.resampling import resample
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError


class Teacher:
    """A LiteRT tagger that scores patches of a waveform.

    Args:
        model: the .tflite file; one input (patch,) float32, one output (1, classes).
        class_map: csv with the columns index and mid, in the order of the outputs.
        vocabulary: the classes that are scored; AudioSet's 527 unless given. The teacher's are found by their mids.
        sample_rate: what the teacher wants, in Hz.
        hop_seconds: distance of its patches.
        layer: tensor of the model that is given beside the scores, such as the one below its classifier; its name, or
            what no other tensor's name ends in.

    Attributes:
        known: classes of the vocabulary that the teacher knows, (n,).

    Raises:
        UnweaveError: no LiteRT, no such file, one that is not what it should be, no such layer, or no class that both
            know.
    """

    def __init__(
        self,
        model: str | Path,
        class_map: str | Path,
        vocabulary: Vocabulary | None = None,
        sample_rate: int = 16000,
        hop_seconds: float = 0.48,
        layer: str | None = None,
    ) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UnweaveError("Soft labels need ai-edge-litert: pip install 'unweave[teacher]'.") from error
        vocabulary = vocabulary or Vocabulary.audioset()
        self.sample_rate = sample_rate
        self.classes = len(vocabulary)
        self.hop = round(hop_seconds * sample_rate)
        mids = _mids(Path(class_map))
        self._columns, self.known = shared_classes(Path(class_map), vocabulary)
        if not Path(model).is_file():
            raise UnweaveError(f"There is no teacher {model}; give the .tflite file of a tagger.")
        try:
            # What lies between input and output is overwritten as soon as it has been used, unless one asks to see it.
            keep = {"experimental_preserve_all_tensors": True} if layer else {}
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*preserve_all_tensors")  # LiteRT: it takes more memory
                self._interpreter: Any = Interpreter(str(model), num_threads=1, **keep)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UnweaveError(f"The teacher {model} cannot be loaded: {error}.") from error
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.patch = int(np.prod(self._input["shape"]))
        outputs = int(self._output["shape"][-1])
        if outputs != len(mids):
            raise UnweaveError(f"{model} scores {outputs} classes and {class_map} names {len(mids)}; they are no pair.")
        self._layer = self._find(layer, model) if layer else None

    def _find(self, layer: str, model: str | Path) -> dict[str, Any]:
        found = [tensor for tensor in self._interpreter.get_tensor_details() if tensor["name"].endswith(layer)]
        if len(found) != 1:
            raise UnweaveError(
                f"{len(found)} tensors of {model} end in {layer!r}, not one; give the whole name of one."
            )
        tensor: dict[str, Any] = found[0]
        return tensor

    def __call__(
        self, waveform: NDArray[np.float32], sample_rate: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Scores of each patch and, if asked for, its features; classes that the teacher does not know are NaN.

        Shape:
            waveform (T,) -> (patches, K), (patches, E)
        """
        x = resample(waveform[None], sample_rate, self.sample_rate)[0]
        x = np.pad(x, (0, max(0, self.patch - len(x))))
        scores, features = [], []
        for start in range(0, len(x) - self.patch + 1, self.hop):
            self._interpreter.set_tensor(
                self._input["index"], x[start : start + self.patch].reshape(self._input["shape"]).astype(np.float32)
            )
            self._interpreter.invoke()
            scores.append(self._interpreter.get_tensor(self._output["index"])[0])
            if self._layer is not None:
                # Quantised models keep integers: value = scale * (integer - zero); a scale of 0 means no integers.
                scale, zero = self._layer["quantization"]
                values = self._interpreter.get_tensor(self._layer["index"]).ravel().astype(np.float32)
                features.append(scale * (values - zero) if scale else values)
        out = np.full((len(scores), self.classes), np.nan, np.float32)
        out[:, self.known] = np.stack(scores)[:, self._columns]
        return out, np.stack(features) if features else None


def shared_classes(class_map: Path, vocabulary: Vocabulary) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The outputs of a teacher that are classes of the vocabulary, found by their mids, and these classes.

    Shape:
        -> (n,), (n,)

    Raises:
        UnweaveError: there is no such class.
    """
    mids = _mids(class_map)
    by_mid = {mid: index for index, mid in enumerate(vocabulary.mids) if mid}
    outputs = np.array([output for output, mid in enumerate(mids) if mid in by_mid], np.int64)
    if not len(outputs):
        raise UnweaveError(
            f"The teacher knows none of the {len(vocabulary)} classes: {class_map} has no mid of theirs. Train from "
            "tags alone."
        )
    return outputs, np.array([by_mid[mids[output]] for output in outputs], np.int64)


def _mids(class_map: Path) -> list[str]:
    if not class_map.is_file():
        raise UnweaveError(f"There is no list of the teacher's classes {class_map}; give its csv.")
    with open(class_map, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if "mid" not in (rows.fieldnames or ()):
            raise UnweaveError(f"{class_map} has no column mid; give the csv that comes with the teacher.")
        return [row["mid"] for row in rows]

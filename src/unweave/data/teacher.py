"""Soft labels from a pretrained AudioSet tagger in LiteRT (.tflite) form, such as YAMNet.

A clip tagged "Dog" also holds rain and birds. A teacher hears them, and a tagger of ours learns its scores beside the
tags, so that it knows more classes than the tags name.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.atomic import complete_file
from unweave.audio.resampling import resample
from unweave.data.store import Store
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

    Attributes:
        known: classes of the vocabulary that the teacher knows, (n,).

    Raises:
        UnweaveError: no LiteRT, no such file, one that is not what it should be, or no class that both know.
    """

    def __init__(
        self,
        model: str | Path,
        class_map: str | Path,
        vocabulary: Vocabulary | None = None,
        sample_rate: int = 16000,
        hop_seconds: float = 0.48,
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
        by_mid = {mid: index for index, mid in enumerate(vocabulary.mids) if mid}
        self.known = np.array([by_mid[mid] for mid in mids if mid in by_mid], np.int64)
        self._columns = np.array([column for column, mid in enumerate(mids) if mid in by_mid], np.int64)
        if not len(self.known):
            raise UnweaveError(
                f"The teacher knows none of the {self.classes} classes: {class_map} has no mid of theirs. Train from "
                "tags alone."
            )
        if not Path(model).is_file():
            raise UnweaveError(f"There is no teacher {model}; give the .tflite file of a tagger.")
        try:
            self._interpreter: Any = Interpreter(str(model), num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UnweaveError(f"The teacher {model} cannot be loaded: {error}.") from error
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.patch = int(np.prod(self._input["shape"]))
        outputs = int(self._output["shape"][-1])
        if outputs != len(mids):
            raise UnweaveError(f"{model} scores {outputs} classes and {class_map} names {len(mids)}; they are no pair.")

    def __call__(self, waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
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
        out = np.full((len(scores), self.classes), np.nan, np.float32)
        out[:, self.known] = np.stack(scores)[:, self._columns]
        return out


def _mids(class_map: Path) -> list[str]:
    if not class_map.is_file():
        raise UnweaveError(f"There is no list of the teacher's classes {class_map}; give its csv.")
    with open(class_map, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if "mid" not in (rows.fieldnames or ()):
            raise UnweaveError(f"{class_map} has no column mid; give the csv that comes with the teacher.")
        return [row["mid"] for row in rows]


def soft_labels(
    teacher: Callable[[], Teacher], store: Store, cache: Path, progress: Callable[[int, int], None] | None = None
) -> list[NDArray[np.float16]]:
    """The teacher's scores of every clip, (patches, K) each; computed once and kept.

    Args:
        teacher: makes it; not called if the scores are there.
        store: the clips.
        cache: .npz that keeps the scores.
        progress: told of clips done and clips in all.

    Raises:
        UnweaveError: the scores that are kept are of other clips.
    """
    if not cache.is_file():
        hear, scores = teacher(), []
        for row, length in enumerate(store.lengths.tolist()):
            scores.append(hear(store.read(row, 0, length), store.sample_rate).astype(np.float16))
            if progress:
                progress(row + 1, len(store))
        with complete_file(cache) as part:
            np.savez(part, scores=np.concatenate(scores), ends=np.cumsum([len(score) for score in scores]))
    with np.load(cache) as file:
        if len(file["ends"]) != len(store) or file["scores"].shape[1] != len(store.vocabulary):
            raise UnweaveError(f"{cache} holds the soft labels of other clips; delete it, and they are made anew.")
        return np.split(file["scores"], file["ends"][:-1])

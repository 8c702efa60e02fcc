"""Measures what a model gives for a class of a scene that is asked for by name, there or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.metrics.suppression import Suppression
from unweave.evaluation.rows import Row
from unweave.evaluation.scene_sound import Samples, scene_stems
from unweave.evaluation.summary import summary_of
from unweave.evaluation.tracks.activity import cut, sounding
from unweave.evaluation.tracks.truth import Kinship, sounds_of
from unweave.inference.hierarchy import known_mask, node_mask
from unweave.model import Model

MIXTURE, NAME = "mixture", "onehot"


class NamedMeasurer:
    """Rows of scenes of which each asks for a class (see `unweave.evaluation.measurer.Measurer`).

    SDR and SDRi are of the time in which the class is audible; a class that is not there has a suppression instead.
    The answer is that of `Model.separate`; where the model refuses a class there is no figure.

    Args:
        model: that is asked.
        benchmark: whose scenes will come.
        batch: rows that the networks work on at once.
    """

    columns = ("sdr", "sdri", "suppression")
    systems = (MIXTURE, NAME)

    def __init__(self, model: Model, benchmark: Benchmark, batch: int | None = None) -> None:
        self._model, self._root, self._batch = model, benchmark.root, batch
        self._how = benchmark.summary
        self._rate = benchmark.sample_rate or model.sample_rate
        self._kinship = Kinship(model.ontology)

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the scenes, in their order and that of `systems`."""
        return [row for item in items for row in self._scene(item)]

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """See `Measurer`."""
        return summary_of(rows, self._how)

    def _scene(self, scene: Item | Scene) -> list[Row]:
        if not isinstance(scene, Scene) or not scene.asked:
            raise UnweaveError(f"The item {scene.id} is no scene that asks for a class by name.")
        stems = scene_stems(scene, self._root, self._rate)
        mixture: Samples = np.sum(list(stems.values()), axis=0, dtype=np.float32)
        wanted = self._kinship.node(scene.asked).mid
        there = [
            sound.wave
            for sound in sounds_of(scene, stems, self._rate)
            if any(wanted in self._kinship.above(label) for label in sound.classes)
        ]
        target: Samples = np.sum([np.zeros_like(mixture), *there], axis=0, dtype=np.float32)
        key = {"item": scene.id, "label": scene.label, "group": scene.group, "part": scene.part}
        answers = {MIXTURE: mixture, NAME: self._answer(mixture, scene.asked)}
        return [{**key, "system": name, **self._scores(target, wave, mixture)} for name, wave in answers.items()]

    def _answer(self, mixture: Samples, name: str) -> Samples | None:
        try:
            tracks = self._model.separate(mixture, self._rate, classes=name, residual=False, batch=self._batch)
        except UnweaveError:
            if (node_mask(self._model, self._kinship.node(name)) & known_mask(self._model)).any():
                raise
            return None  # it has not learnt the class
        return tracks[0].audio

    def _scores(self, target: Samples, answer: Samples | None, mixture: Samples) -> dict[str, float]:
        values = dict.fromkeys(self.columns, math.nan)
        if answer is None:
            return values
        if not target.any():
            return values | Suppression()(target, answer, mixture, self._rate)
        on = sounding(target, self._rate)
        true, own, mixed = (cut(wave, on, self._rate) for wave in (target, answer, mixture))
        value = sdr(true, own)
        return values | {"sdr": value, "sdri": value - sdr(true, mixed)}

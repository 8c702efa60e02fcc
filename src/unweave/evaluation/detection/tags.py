"""Measures what a model finds in scenes, at every threshold from hearing them once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.detection.matching import event_counts
from unweave.evaluation.detection.nodes import NodeLevel
from unweave.evaluation.detection.segments import segment_counts
from unweave.evaluation.detection.summary import detection_figures
from unweave.evaluation.detection.systems import OWN, THRESHOLDS, system
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.rows import Row
from unweave.evaluation.scenes import scene_events, scene_waveform
from unweave.evaluation.summary import ALL
from unweave.inference.hierarchy import thresholds
from unweave.inference.recording import ArrayRecording
from unweave.inference.tagging import tag_segments
from unweave.model import Model

LEVELS = (0, 1, 2, 3)


class TagMeasurer:
    """Rows of scenes (see `unweave.evaluation.measurer.Measurer`): a level of the ontology at a threshold each.

    Rows hold counts, which add up over scenes: hits, false alarms and misses, segment-based and event-based, summed
    over the nodes of the level.

    Args:
        model: that says what sounds when.
        benchmark: whose scenes will come.
        limits: thresholds beside the model's own.
        levels: of the ontology, 0 for the classes; those that the model's ontology lacks are left out.
        batch: segments that the tagger hears at once.

    Raises:
        UnweaveError: the model has no tagger.
    """

    columns = ("segment_tp", "segment_fp", "segment_fn", "event_tp", "event_fp", "event_fn")

    def __init__(
        self,
        model: Model,
        benchmark: Benchmark,
        limits: Sequence[float] = THRESHOLDS,
        levels: Sequence[int] = LEVELS,
        batch: int = 8,
    ) -> None:
        if model.tagger is None:
            raise UnweaveError(f"The model {model.name} has no tagger: it cannot say what sounds when.")
        self._model, self._root, self._batch = model, benchmark.root, batch
        self._rate = benchmark.sample_rate or model.sample_rate
        self._levels = [NodeLevel(model, level) for level in levels if level <= model.ontology.depth]
        self._limits = {f"{limit:g}": thresholds(model, limit) for limit in limits}
        self._limits[OWN] = thresholds(model, None)
        self.systems = tuple(system(level.level, name) for level in self._levels for name in self._limits)

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the scenes, in their order and that of `systems`."""
        return [row for item in items for row in self._scene(item)]

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """See `Measurer`: F1, precision and recall of each level and threshold, segment-based and event-based."""
        return {"figures": {ALL: detection_figures(rows)}}

    def _scene(self, scene: Item | Scene) -> list[Row]:
        if not isinstance(scene, Scene):
            raise UnweaveError(f"The item {scene.id} is no scene; what sounds when can be measured in scenes alone.")
        wave = scene_waveform(scene, self._root, self._rate)
        tags = tag_segments(self._model, ArrayRecording(wave[None], self._rate), self._batch)
        events = scene_events(scene)
        rows: list[Row] = []
        for level in self._levels:
            true = level.true_events(events)
            for name, limits in self._limits.items():
                said = level.said_events(tags, limits)
                counts = (*segment_counts(true, said, scene.seconds), *event_counts(true, said))
                row: Row = {"item": scene.id, "label": scene.label, "group": "", "part": ""}
                row["system"] = system(level.level, name)
                rows.append(row | dict(zip(self.columns, map(float, counts), strict=True)))
        return rows
